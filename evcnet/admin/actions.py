"""What can be done to rows, in bulk from their list and one at a time on a row's page? Each way asks and reports alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from evcnet.accounts.reauthentication import ask_password_again
from evcnet.admin.action_messages import NOT_YOURS, tell
from evcnet.bulk import Outcome, Remark

MOST_ROWS = 1000
"""A page that lists what it is about stays readable, and its form within what a request may carry."""

MANY = 10
"""An action on more rows than these is a mass change, before which the password may be asked again."""


class VerbForm(forms.Form):
    """The page before a verb: what it says first, and what it asks. Made for rows that the login may do this to."""

    intro = ""
    template = ""
    """What says it where a sentence is too short."""
    danger = False
    """Is there no way back?"""

    def __init__(self, *args: Any, request: HttpRequest, rows: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request, self.rows = request, rows

    def remarks(self) -> Iterable[tuple[Any, str]]:
        """What there is to know of single rows before they are changed."""
        return ()


@dataclass(frozen=True)
class Verb:
    """``done`` completes "12 customers …". ``action`` is the permission; ``offered`` says whether a row's page has it.

    ``act`` takes the rows, and what the form asked for by keyword. With ``page`` nothing is done at once: it gives the
    page that comes before, from the admin, the request, the rows and what the form asked for.
    """

    name: str
    label: str
    done: str
    act: Callable[..., Outcome] | None = None
    offered: Callable[[Any], bool] = lambda row: True
    action: str = "change"
    form: type[VerbForm] | None = None
    primary: bool = False
    page: Callable[[Any, HttpRequest, list[Any], dict[str, Any]], HttpResponse] | None = None


class WithVerbs:
    """For a ModelAdmin: ``verbs`` become actions of the list and buttons of the page, ``page_verbs`` buttons alone."""

    verbs: tuple[Verb, ...] = ()
    page_verbs: tuple[Verb, ...] = ()
    model: Any
    admin_site: Any

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)  # type: ignore[misc]
        for verb in (verb for verb in self.verbs if self._may(request, verb.action)):  # type: ignore[attr-defined]
            actions[verb.name] = (_in_bulk(verb), verb.name, verb.label)
        return actions

    def get_urls(self) -> list[Any]:
        meta = self.model._meta
        name = f"{meta.app_label}_{meta.model_name}_verb"
        view = self.admin_site.admin_view(self.verb_view)
        return [path("<path:object_id>/do/<slug:verb>/", view, name=name), *super().get_urls()]  # type: ignore[misc]

    def _of_page(self) -> list[Verb]:
        return [*self.verbs, *self.page_verbs]

    def buttons(self, request: HttpRequest, obj: Any) -> list[dict[str, Any]]:
        """For the row's page: the verbs that this login may do to this row, as it is now."""
        allowed = [verb for verb in self._of_page() if self._may(request, verb.action, obj)]  # type: ignore[attr-defined]
        offered = [verb for verb in allowed if verb.offered(obj)]
        return [{"verb": verb, "url": self._address(obj, verb), "asks": verb.form is not None} for verb in offered]

    def verb_view(self, request: HttpRequest, object_id: str, verb: str) -> HttpResponse:
        """Done on POST; with GET, the page before it, for a verb that has one."""
        chosen = next((each for each in self._of_page() if each.name == verb), None)
        if chosen is None or (request.method != "POST" and chosen.form is None):
            raise Http404("No such page.")
        obj = self.seen(request, object_id, chosen.action)  # type: ignore[attr-defined]
        if chosen.form is not None and not chosen.offered(obj):
            messages.info(request, f"Nothing was done: “{chosen.label}” does not apply to {obj} any more.")
            return HttpResponseRedirect(self._afterwards(request, obj))
        page = self._perform(request, chosen, [obj], Outcome(), self._address(obj, chosen))
        return page or HttpResponseRedirect(self._afterwards(request, obj))

    def _address(self, obj: Any, verb: Verb) -> str:
        meta = self.model._meta
        return reverse(f"admin:{meta.app_label}_{meta.model_name}_verb", args=[obj.pk, verb.name])

    def _afterwards(self, request: HttpRequest, obj: Any) -> str:
        if self.model._default_manager.visible_to(request.user).filter(pk=obj.pk).exists():
            return str(self.page(obj.pk))  # type: ignore[attr-defined]
        meta = self.model._meta
        return reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")

    def _perform(
        self, request: HttpRequest, verb: Verb, rows: list[Any], refused: Outcome, address: str
    ) -> HttpResponse | None:
        """Do it and tell; or the page before it, as long as its form is not filled in."""
        asked: dict[str, Any] = {}
        if verb.form is not None and rows:
            form = verb.form(request.POST if "confirmed" in request.POST else None, request=request, rows=rows)
            if not form.is_valid():
                return self._page_before(request, verb, form, address)
            asked = form.cleaned_data
        if verb.page is not None and rows:
            if refused.refused:
                tell(request, self.model, refused, verb.done)
            return verb.page(self, request, rows, asked)
        outcome = verb.act(rows, **asked) if verb.act is not None else Outcome()
        tell(request, self.model, outcome + refused, verb.done)
        return None

    def _page_before(self, request: HttpRequest, verb: Verb, form: VerbForm, address: str) -> HttpResponse:
        one = form.rows[0] if "object_id" in request.resolver_match.kwargs else None  # type: ignore[union-attr]
        meta = self.model._meta
        many = f"{len(form.rows):,} {meta.verbose_name if len(form.rows) == 1 else meta.verbose_name_plural}"
        context = self.page_context(request, one, f"{verb.label}: {one or many}")  # type: ignore[attr-defined]
        context |= {"verb": verb, "form": form, "remarks": list(form.remarks()), "address": address, "one": one}
        context |= {"many": many, "media": self.media + form.media}  # type: ignore[attr-defined]
        context["back"] = self.page(one.pk) if one else request.get_full_path()  # type: ignore[attr-defined]
        return TemplateResponse(request, "evcnet/verb.html", context)


def _in_bulk(verb: Verb) -> Callable[..., HttpResponse | None]:
    def run(admin: Any, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        if queryset.count() > MANY:
            ask_password_again(request)
        if verb.form is not None and queryset.count() > MOST_ROWS:
            messages.error(request, f"Nothing was done: select at most {MOST_ROWS:,} rows at a time.")
            return None
        rows, refused = _within_reach(request, queryset, verb.action)
        page: HttpResponse | None = admin._perform(request, verb, rows, refused, request.get_full_path())
        return page

    return run


def _within_reach(request: HttpRequest, queryset: Any, action: str) -> tuple[list[Any], Outcome]:
    """The selected rows on which the login may do this; those that it only sees are refused."""
    reach = queryset.model._default_manager.visible_to(request.user, action).filter(pk__in=queryset.values("pk"))
    reachable = set(reach.values_list("pk", flat=True))
    rows = list(queryset)
    others = tuple(Remark(row, NOT_YOURS) for row in rows if row.pk not in reachable)
    return [row for row in rows if row.pk in reachable], Outcome(refused=others)
