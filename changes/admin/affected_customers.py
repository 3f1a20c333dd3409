"""Whom does a change affect? The customers by name, page by page, and all of them as CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse

from changes.impact import Case, Effect, Side
from changes.impact_text import VERBS, tariff_names
from changes.preview import AFFECTED, Preview
from customers.audit import record
from customers.models import AuditEntry, Customer, Provider
from evcnet.accounts.attempts import address_of
from evcnet.importexport.formulas import escaped
from evcnet.primary_keys import parse_pk
from tariffs.pricing import price_text

STEPS = ("list", "csv")
PER_PAGE = 50
AT_ONCE = 1_000


@dataclass(frozen=True)
class Line:
    customer: Any
    effect: Effect
    before: str
    after: str


@dataclass(frozen=True)
class AffectedCustomers:
    """The customers with some effect that a login may see, in the order of their ids."""

    seen: Preview
    login: Any
    effects: tuple[Effect, ...]

    @property
    def rows(self) -> Any:
        visible = Customer.objects.visible_to(self.login)
        found = self.seen.customers(self.effects).filter(pk__in=visible.values("pk"))
        return found.select_related("user_group").order_by("pk")

    @property
    def total(self) -> int:
        counts = self.seen.impact.counts
        return sum(counts[effect] for effect in self.effects)

    def lines(self, customers: list[Any]) -> list[Line]:
        cases = self.seen.facts_of([customer.pk for customer in customers])
        names = tariff_names(cases.values())
        return [_line(customer, cases[customer.pk], names) for customer in customers if customer.pk in cases]

    def all_lines(self) -> Iterator[Line]:
        """One pass over all of them, so many at once."""
        rows = self.rows.iterator(chunk_size=AT_ONCE)
        while customers := list(islice(rows, AT_ONCE)):
            yield from self.lines(customers)


def _line(customer: Any, case: Case, names: dict[str, str]) -> Line:
    return Line(customer, case.effect, _priced(case.before, names), _priced(case.after, names))


def _priced(side: Side, names: dict[str, str]) -> str:
    if not side.allowed:
        return "may not charge"
    return f"{names.get(side.tariff or '', '')} {price_text(side.price)}" if side.price else ""


def effects_of(asked: str) -> tuple[Effect, ...]:
    """One effect, or everyone affected."""
    return (asked,) if asked in AFFECTED else AFFECTED  # type: ignore[return-value]


def respond(flow: Any, seen: Preview) -> HttpResponse:
    listing = AffectedCustomers(seen, flow.request.user, effects_of(flow.data.get("effect", "")))
    if flow.step == "csv":
        return as_csv(flow.request, listing)
    context = flow.context("Affected customers")
    context |= page(listing, flow.data.get("after", "")) | {"effect": flow.data.get("effect", "")}
    return TemplateResponse(flow.request, "changes/affected.html", context)


def page(listing: AffectedCustomers, after: str) -> dict[str, Any]:
    rows = listing.rows
    visible = rows.count()
    customers = list(rows.filter(pk__gt=parse_pk(after) or 0)[: PER_PAGE + 1])
    counts = listing.seen.impact.counts
    return {
        "lines": listing.lines(customers[:PER_PAGE]),
        "total": listing.total,
        "visible": visible,
        "hidden": listing.total - visible,
        "following": customers[PER_PAGE - 1].pk if len(customers) > PER_PAGE else "",
        "choices": [(effect, VERBS[effect][1], counts[effect]) for effect in AFFECTED if counts[effect]],
    }


HEAD = ("number", "name", "user_group", "effect", "before", "after")


def as_csv(request: HttpRequest, listing: AffectedCustomers) -> StreamingHttpResponse:
    """Every customer that the login may see, streamed; those out of its sight are left out, and never named."""
    provider = Provider.objects.get(pk=listing.seen.proposal.provider_id)
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
