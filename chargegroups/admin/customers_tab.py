"""The tab "Customers and tariffs": who may charge here, why, at which price; exceptions are edited in place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode

from changes.models import Change
from chargegroups.admin import exceptions
from chargegroups.customer_access import GroupAt, Standing
from chargegroups.filters import REASONS, CustomerAccessFilter
from chargegroups.models import ChargeGroup, CustomerException
from customers.models import Customer
from evcnet.datetimes import database_clock
from evcnet.primary_keys import parse_pk
from tariffs.current_price import CurrentPrice

PER_PAGE = 50


@dataclass
class Line:
    """One customer in the table. ``exception`` is the stored one, in force or not."""

    customer: Any
    standing: Standing
    price: CurrentPrice | None
    exception: CustomerException | None
    editor: exceptions.Editor | None = None

    @property
    def reason(self) -> str:
        return REASONS.get(self.standing.reason, self.standing.reason)


def customers_and_tariffs(admin: Any, request: HttpRequest, group: ChargeGroup) -> HttpResponse:
    at = GroupAt(group, database_clock())
    customers = Customer.objects.visible_to(request.user)
    editor = _editor(request, at, customers)
    if editor is not None and request.method == "POST" and (change := _apply(editor)):
        link = reverse("admin:changes_change_change", args=[change.pk])
        messages.success(request, format_html('{} <a href="{}">See the change</a>', editor.done, link))
        return HttpResponseRedirect(f"{request.path}?{_kept(request)}#c{editor.customer.pk}")
    listed = CustomerAccessFilter(request.GET, at=at, customers=customers)
    rows, following = _page(listed.qs, request.GET)
    context = admin.page_context(request, group, str(group)) | {
        "filter": listed,
        "lines": _lines(at, rows, editor),
        "following": following,
        "first_page": "after" not in request.GET,
        "reasons": _reasons(listed),
        "may_add": may_except(request),
        "media": admin.media + editor.form.media if editor else admin.media,
    }
    return TemplateResponse(request, "chargegroups/customers.html", context)


def _apply(editor: exceptions.Editor) -> Change | None:
    """In one transaction, so that the row that the form has compared stays locked until it is written."""
    with transaction.atomic():
        return editor.apply()


def may_except(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("chargegroups.change_customerexception"))  # type: ignore[union-attr]


def _editor(request: HttpRequest, at: GroupAt, customers: Any) -> exceptions.Editor | None:
    wanted = parse_pk(request.GET.get("edit"))
    may_edit = request.method == "POST" or may_except(request)
    if not may_edit or wanted is None:
        return None
    customer = at.annotated(customers).filter(pk=wanted).select_related("user_group").first()
    return exceptions.Editor(request, at, customer) if customer else None


def _kept(request: HttpRequest) -> str:
    return urlencode([(key, value) for key, value in request.GET.items() if key != "edit"])


def _page(found: Any, params: Any) -> tuple[list[Any], str]:
    """The rows after a customer, by name and id, and the address of the next ones: page 1,000 costs what page 1 does."""
    name, after = params.get("name", ""), parse_pk(params.get("after"))
    if after is not None and "\0" not in name:
        found = found.filter(name__gte=name).exclude(name=name, pk__lte=after)
    rows = list(found.select_related("user_group")[: PER_PAGE + 1])
    if len(rows) <= PER_PAGE:
        return rows, ""
    last = rows[PER_PAGE - 1]
    kept = [(key, value) for key, value in params.items() if key not in ("edit", "name", "after")]
    return rows[:PER_PAGE], "?" + urlencode([*kept, ("name", last.name), ("after", last.pk)])


def _lines(at: GroupAt, rows: list[Any], editor: exceptions.Editor | None) -> list[Line]:
    if editor is not None and editor.customer.pk not in {row.pk for row in rows}:
        rows = [editor.customer, *rows]
    stored = {each.customer_id: each for each in at.group.exceptions.filter(customer__in=[row.pk for row in rows])}
    lines = []
    for row in rows:
        standing = at.standing_of(row)
        open_editor = editor if editor is not None and editor.customer.pk == row.pk else None
        lines.append(Line(row, standing, at.price_of(standing.decision), stored.get(row.pk), open_editor))
    return lines


def _reasons(listed: CustomerAccessFilter) -> list[tuple[str, str, int]]:
    """How many there are for each reason, the most first."""
    counts: dict[str, int] = {}
    for standing in listed.standings:
        counts[standing.reason] = counts.get(standing.reason, 0) + standing.count
    ranked = sorted(counts.items(), key=lambda item: -item[1])
    return [(reason, REASONS.get(reason, reason), count) for reason, count in ranked]
