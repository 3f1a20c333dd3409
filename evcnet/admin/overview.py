"""Overview page of a row: its head, tiles, menu of changes, switches, what belongs to it, and its timeline.

The page that lists open and that saving returns to; editing is a page of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import models
from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path
from django.views.generic import RedirectView

from evcnet.admin.base import ModelAdmin, Row
from evcnet.admin.requests import StaffRequest
from evcnet.history import HistoryEntry, latest_entries
from evcnet.preserved_filters import with_list_filters
from evcnet.together import Reading

BARE = "<path:object_id>/"
ENTRIES = 6
"""So many of the latest changes stand in the timeline; the history has all."""


@dataclass(frozen=True)
class Tile:
    """One number. ``detail`` stands below it; ``link`` leads to what it counts, empty: nowhere; ``bars`` are shares of 100."""

    value: str
    label: str
    detail: str = ""
    link: str = ""
    bars: Sequence[int] = ()


@dataclass(frozen=True)
class MenuEntry:
    """A change that begins here. ``posts``: it is done at once, and the page then offers the undo."""

    label: str
    url: str
    meaning: str = ""
    posts: bool = False


@dataclass(frozen=True)
class Switch:
    """Something that is on or off, what that means for people and for how many; ``link`` begins the change of it."""

    name: str
    on: bool
    meaning: str
    link: str = ""


@dataclass(frozen=True)
class ListItem:
    label: str
    url: str
    badge: str = ""
    detail: str = ""


@dataclass(frozen=True)
class ShortList:
    """The first of what belongs to the row, and the way to all of it."""

    title: str
    items: Sequence[ListItem]
    empty: str
    all_url: str = ""
    all_words: str = ""


@dataclass(frozen=True)
class Coming:
    """What is to come: when, in words, and the page of it."""

    at: datetime
    words: str
    link: str = ""


@dataclass(frozen=True)
class Overview:
    """What the page of one row shows. ``template`` is a part of its own, which reads ``context``; empty: none.

    ``price`` is a CurrentPrice; ``notes`` are (tone, sentence) of what is wrong or to be known, tone "warn", "bad" or "told".
    """

    code: str
    name: str
    badges: Sequence[str] = ()
    facts: Sequence[str] = ()
    price: Any = None
    notes: Sequence[tuple[str, str]] = ()
    tiles: Sequence[Tile] = ()
    menu: Sequence[MenuEntry] = ()
    buttons: Sequence[MenuEntry] = ()
    """What is asked for most, beside the menu: the first is the page's primary action where it is one of the menu's."""
    undo: Any = None
    """The login's own change of status that can still be undone."""
    switches: Sequence[Switch] = ()
    lists: Sequence[ShortList] = ()
    coming: Sequence[Coming] = ()
    history: Sequence[HistoryEntry] = ()
    map: Any = None
    """The PointMap of its charge points; None where none has coordinates."""
    template: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)


class OverviewAdmin(ModelAdmin[Row]):
    """A ModelAdmin whose rows open on a page to read."""

    main_page = "overview"

    def overview(self, request: StaffRequest, obj: Row) -> Overview:
        raise NotImplementedError(f"{type(self).__name__} says what the page of a row shows.")

    def timeline_sources(self, obj: Row) -> list[tuple[Any, Any]]:
        """Whose events the timeline tells, as in ``history_sources``."""
        return self.history_sources(obj)

    def latest_entries(self, request: StaffRequest, obj: Row) -> Reading[list[HistoryEntry]]:
        return latest_entries(self.timeline_sources(obj), request.user, ENTRIES)

    def get_urls(self) -> list[Any]:
        """The bare address of a row, which Django leads to the form, leads to the overview."""
        meta = self.model._meta
        bare = RedirectView.as_view(pattern_name=f"admin:{meta.app_label}_{meta.model_name}_overview")
        others = [each for each in super().get_urls() if str(each.pattern) != BARE]
        return [self.object_path("overview", self._with_object(overview_page)), *others, path(BARE, bare)]

    def edit_entry(
        self, request: StaffRequest, obj: Row, label: str = "Edit data", meaning: str = ""
    ) -> list[MenuEntry]:
        """The page of the form, for a login that may change the row."""
        if not self.has_change_permission(request, obj):
            return []
        return [MenuEntry(label, with_list_filters(request.GET, self.page(obj.pk, "change")), meaning)]

    def action_entries(self, request: StaffRequest, obj: Row) -> list[MenuEntry]:
        """The actions of an ActionsAdmin that the login may do to the row as it is."""
        return [
            MenuEntry(
                f"{button['action'].label}{'…' if button['asks'] else ''}", button["url"], posts=not button["asks"]
            )
            for button in self.action_buttons(request, obj)
        ]

    def response_post_save_change(self, request: StaffRequest, obj: Row) -> HttpResponse:
        return HttpResponseRedirect(with_list_filters(request.GET, self.page(obj.pk)))


def overview_page(admin: OverviewAdmin[Any], request: StaffRequest, obj: models.Model) -> HttpResponse:
    overview = admin.overview(request, obj)
    context = admin.page_context(request, obj, str(obj)) | {
        "overview": overview,
        "summary_template": "evcnet/overview_head.html",
        "history_page": admin.page(obj.pk, "history"),
        **overview.context,
    }
    return TemplateResponse(request, "evcnet/overview.html", context)


def bars(amounts: Sequence[Decimal]) -> list[int]:
    """Each as a share of the greatest, in percent, and at least a stroke; none where there is nothing to draw."""
    most = max(amounts, default=Decimal(0))
    return [max(round(100 * amount / most), 2 if amount else 0) for amount in amounts] if most else []
