"""New prices for a tariff that is in use: what is typed, filled in with the prices in force or with those scheduled."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from changes.admin.wizard import Draft, Flow
from changes.apply import cancel_version
from changes.permissions import may_cancel
from changes.proposals import NewVersion
from changes.snapshots import versions_at
from evcnet.datetimes import database_clock
from tariffs.admin import editor as price_editor
from tariffs.admin import live_preview
from tariffs.admin.version_list import editor_page, scheduled
from tariffs.forms.prices import PriceEditor
from tariffs.models import Tariff


class VersionFlow(Flow):
    """``replaced`` is the scheduled version that is edited: a change that takes the place of the one that made it."""

    form_template = "tariffs/version.html"

    def __init__(self, admin: Any, request: HttpRequest, obj: Any, data: Any = None) -> None:
        super().__init__(admin, request, obj, data)
        self.replaced = scheduled(obj, request.GET.get("version"))
        self.address = editor_page(admin, obj, self.replaced)
        change = self.replaced.changes.first() if self.replaced else None
        if change and not may_cancel(request.user, change):
            raise PermissionDenied

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"Scheduled version of {self.obj}" if self.replaced else f"New version of {self.obj}"

    @property
    def back(self) -> str:
        return str(self.admin.page(self.obj.pk, "prices"))

    def _respond(self) -> HttpResponse:
        asked = price_editor.elsewhere(self.admin, self.request, self.obj, self._editor(), self.replaced)
        if asked is not None:
            return asked
        return self.ask() if self.step in ("calculate", "simple") else super()._respond()

    def _take(self, draft: Draft) -> HttpResponse:
        """The version that is replaced is out of the way while its successor is judged, and for good once it is made."""
        if self.replaced is None:
            return super()._take(draft)
        with transaction.atomic():
            cancel_version(self.replaced, self.request.user)  # type: ignore[arg-type]
            response = super()._take(draft)
            if isinstance(response, TemplateResponse):
                response.render()
            transaction.set_rollback(not isinstance(response, HttpResponseRedirect))
            return response

    def _editor(self) -> PriceEditor:
        if not hasattr(self, "_made_editor"):
            self._made_editor = PriceEditor(self.obj, self.data) if self.data else self._filled_in()
        return self._made_editor

    def _filled_in(self) -> PriceEditor:
        if self.replaced:
            return PriceEditor(self.obj, None, self.replaced)
        version = versions_at([self.obj.pk], database_clock()).get(self.obj.pk)
        editor = PriceEditor(self.obj, None, version)
        editor.version.initial |= {"valid_from": None, "valid_until": None}
        return editor

    def draft(self) -> Draft | None:
        editor = self._editor()
        if not editor.is_valid():
            return None
        typed = editor.version.cleaned_data
        return Draft(NewVersion(self.obj, editor.price_list, typed["valid_until"]), typed["valid_from"])

    def form_context(self) -> dict[str, Any]:
        editor = self._editor()
        editor.version.fields[
            "valid_from"
        ].help_text = f"In the time of {self.obj.provider.time_zone}. Empty: as soon as you confirm."
        return {"editor": editor, "replaced": self.replaced} | live_preview.of_table(self.request, self.obj, editor)


def new_version(admin: Any, request: HttpRequest, tariff: Tariff) -> HttpResponse:
    if not request.user.has_perm("tariffs.change_tariff", tariff):
        raise PermissionDenied
    flow = VersionFlow(admin, request, tariff)
    if flow.replaced is None and "version" in request.GET:
        return price_editor.gone(admin, request, tariff)
    return flow.respond()
