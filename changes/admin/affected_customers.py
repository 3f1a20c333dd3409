"""Customers whom a change affects, by name: page by page, and all of them as CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse

from changes.change_permissions import OUT_OF_SIGHT, partly_visible
from changes.impact import AFFECTED, Case, Effect, Side
from changes.models import Change
from changes.preview import Preview, preview_scheduled
from changes.visible_impact import visible_preview
from customers.audit import record
from customers.effect_words import EFFECT_WORDS
from customers.models import AuditEntry, Customer, StaffMember
from evcnet.accounts.attempts import address_of
from evcnet.admin.base import ModelAdmin
from evcnet.admin.requests import StaffRequest
from evcnet.datetimes import database_clock
from evcnet.importexport.formulas import escaped
from evcnet.primary_keys import parse_pk
from tariffs.pricing import price_text

if TYPE_CHECKING:
    from changes.admin.wizard import ChangeWizard

STEPS = ("list", "csv")
PER_PAGE = 50
AT_ONCE = 1_000


@dataclass(frozen=True)
class Line:
    customer: Customer
    effect: Effect
    before: str
    after: str


@dataclass(frozen=True)
class AffectedCustomers:
    """The customers with some effect that a login may see, in the order of their ids."""

    preview: Preview
    login: StaffMember
    effects: tuple[Effect, ...]

    @property
    def rows(self) -> Any:
        visible = Customer.objects.visible_to(self.login)
        matches = self.preview.customers(self.effects).filter(pk__in=visible.values("pk"))
        return matches.select_related("user_group").order_by("pk")

    @property
    def total(self) -> int:
        counts = self.preview.impact.customers_by_effect
        return sum(counts[effect] for effect in self.effects)

    def lines(self, customers: list[Customer]) -> list[Line]:
        cases = self.preview.cases_of([customer.pk for customer in customers])
        names = self.preview.basis.tariff_names
        return [_line(customer, cases[customer.pk], names) for customer in customers if customer.pk in cases]

    def all_lines(self) -> Iterator[Line]:
        """One pass over all of them, so many at once."""
        rows = self.rows.iterator(chunk_size=AT_ONCE)
        while customers := list(islice(rows, AT_ONCE)):
            yield from self.lines(customers)


def _line(customer: Customer, case: Case, names: dict[str, str]) -> Line:
    return Line(customer, case.effect, _price_words(case.before, names), _price_words(case.after, names))


def _price_words(side: Side, names: dict[str, str]) -> str:
    if not side.allowed:
        return "may not charge"
    return f"{names.get(side.tariff or '', '')} {price_text(side.price)}" if side.price else ""


def effects_of(asked: str) -> tuple[Effect, ...]:
    """One effect, or everyone affected."""
    return (asked,) if asked in AFFECTED else AFFECTED


def respond(wizard: ChangeWizard[Any], preview: Preview) -> HttpResponseBase:
    """The list of a change that is previewed, or its CSV."""
    effect = str(wizard.data.get("effect", ""))
    listing = AffectedCustomers(preview, wizard.request.user, effects_of(effect))
    if wizard.step == "csv":
        return as_csv(wizard.request, listing)
    context = wizard.context("Affected customers") | page(listing, str(wizard.data.get("after", "")))
    return TemplateResponse(wizard.request, "changes/affected.html", context | {"effect": effect})


def affected(admin: ModelAdmin[Change], request: StaffRequest, change: Change) -> HttpResponseBase:
    """The list of a scheduled change, as long as it is to come; afterwards nobody is “affected” any more."""
    if change.cancelled_at is not None or change.takes_effect_at <= database_clock():
        messages.info(request, "This change is not to come any more: the page says whom it was shown to affect.")
        return HttpResponseRedirect(admin.page(change.pk))
    if partly_visible(request.user, [change]):
        messages.info(request, f"Whom it affects is {OUT_OF_SIGHT}.")
        return HttpResponseRedirect(admin.page(change.pk))
    effect = request.GET.get("effect", "")
    preview = visible_preview(preview_scheduled(change), request.user)
    listing = AffectedCustomers(preview, request.user, effects_of(effect))
    if request.GET.get("step") == "csv":
        return as_csv(request, listing)
    context = admin.page_context(request, change, f"Affected by: {change}")
    context |= page(listing, request.GET.get("after", "")) | {"effect": effect, "change": change}
    return TemplateResponse(request, "changes/affected_by.html", context)


def page(listing: AffectedCustomers, after: str) -> dict[str, Any]:
    rows = listing.rows
    visible = rows.count()
    customers = list(rows.filter(pk__gt=parse_pk(after) or 0)[: PER_PAGE + 1])
    counts = listing.preview.impact.customers_by_effect
    return {
        "lines": listing.lines(customers[:PER_PAGE]),
        "total": listing.total,
        "visible": visible,
        "hidden": listing.total - visible,
        "following": customers[PER_PAGE - 1].pk if len(customers) > PER_PAGE else "",
        "choices": [(effect, EFFECT_WORDS[effect][1], counts[effect]) for effect in AFFECTED if counts[effect]],
    }


HEAD = ("number", "name", "user_group", "effect", "before", "after")


def as_csv(request: StaffRequest, listing: AffectedCustomers) -> StreamingHttpResponse:
    """Every customer that the login may see, streamed; those out of its sight are left out, and never named."""
    provider = listing.preview.provider
    rows, address = listing.rows.count(), address_of(request)
    record(AuditEntry.Event.EXPORTED, listing.login, provider, about="Affected customers", rows=rows, address=address)
    response = StreamingHttpResponse(_rows(listing.all_lines()), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="affected-customers.csv"'
    return response


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def _rows(lines: Iterable[Line]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(HEAD)
    for line in lines:
        customer = line.customer
        cells = (customer.number, customer.name, customer.user_group.code, line.effect, line.before, line.after)
        yield writer.writerow([escaped(cell) for cell in cells])
