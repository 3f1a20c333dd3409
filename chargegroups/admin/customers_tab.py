"""The tab "Customers and tariffs": who may charge here, why, at which price; exceptions are edited in place."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode

from changes.models import Change
from chargegroups.admin import exceptions
from chargegroups.customer_access import CustomerAccess, CustomerRows, access_of
from chargegroups.filters import REASONS, CustomerAccessFilter
from chargegroups.group_snapshots import GroupSnapshot
from chargegroups.models import ChargeGroup, CustomerException
from customers.models import Customer
from evcnet.admin.base import ModelAdmin
from evcnet.admin.replica_pages import reads_replica
from evcnet.admin.requests import StaffRequest
from evcnet.datetimes import database_clock
from evcnet.primary_keys import parse_pk
from tariffs.current_price import CurrentPrice

PER_PAGE = 50


@dataclass
class Line:
    """One customer in the table. ``exception`` is the stored one, in force or not."""

    customer: Customer
    access: CustomerAccess
    price: CurrentPrice | None
    exception: CustomerException | None
    editor: exceptions.Editor | None = None

    @property
    def reason(self) -> str:
        return REASONS.get(self.access.reason, self.access.reason)


def customers_and_tariffs(admin: ModelAdmin[ChargeGroup], request: StaffRequest, group: ChargeGroup) -> HttpResponse:
    """Who only looks may be answered by a replica; a row that is edited is compared with what is stored."""
    view = _customers_and_tariffs if "edit" in request.GET else reads_replica(_customers_and_tariffs)
    return view(admin, request, group)


def _customers_and_tariffs(admin: ModelAdmin[ChargeGroup], request: StaffRequest, group: ChargeGroup) -> HttpResponse:
    snapshot = GroupSnapshot.of(group, database_clock())
    editor = _editor(request, snapshot)
    if editor is not None and request.method == "POST" and (change := _apply(editor)):
        link = reverse("admin:changes_change_change", args=[change.pk])
        messages.success(request, format_html('{} <a href="{}">See the change</a>', editor.message, link))
        return HttpResponseRedirect(f"{request.path}?{_filter_query(request)}#c{editor.customer.pk}")
    narrowed = CustomerAccessFilter(request.GET, snapshot=snapshot, login=request.user)
    rows, following = _page(narrowed.qs, request.GET)
    context = admin.page_context(request, group, str(group)) | {
        "filter": narrowed,
        "lines": _lines(snapshot, rows, editor),
        "following": following,
        "first_page": "after" not in request.GET,
        "may_add": may_except(request),
        "media": admin.media + editor.form.media if editor else admin.media,
    }
    return TemplateResponse(request, "chargegroups/customers.html", context)


def _apply(editor: exceptions.Editor) -> Change | None:
    """In one transaction, so that the row that the form has compared stays locked until it is written."""
    with transaction.atomic():
        return editor.apply()


def may_except(request: StaffRequest) -> bool:
    return request.user.has_perm("chargegroups.change_customerexception")


def _editor(request: StaffRequest, snapshot: GroupSnapshot) -> exceptions.Editor | None:
    edited = parse_pk(request.GET.get("edit"))
    may_edit = request.method == "POST" or may_except(request)
    if not may_edit or edited is None:
        return None
    customers = Customer.objects.visible_to(request.user).filter(provider_id=snapshot.group.provider_id)
    customer = customers.filter(pk=edited).select_related("user_group").first()
    return exceptions.Editor(request, snapshot, customer) if customer else None


def _filter_query(request: StaffRequest) -> str:
    return urlencode([(key, str(value)) for key, value in request.GET.items() if key != "edit"])


def _page(customers: CustomerRows, params: QueryDict) -> tuple[list[Customer], str]:
    """The rows after a customer, by name and id, and the address of the next ones: page 1,000 costs what page 1 does."""
    name, after = params.get("name", ""), parse_pk(params.get("after"))
    if after is not None and "\0" not in name:
        customers = customers.filter(name__gte=name).exclude(name=name, pk__lte=after)
    rows = list(customers.select_related("user_group")[: PER_PAGE + 1])
    if len(rows) <= PER_PAGE:
        return rows, ""
    last = rows[PER_PAGE - 1]
    query = [(key, str(value)) for key, value in params.items() if key not in ("edit", "name", "after")]
    return rows[:PER_PAGE], "?" + urlencode([*query, ("name", last.name), ("after", str(last.pk))])


def _lines(snapshot: GroupSnapshot, rows: list[Customer], editor: exceptions.Editor | None) -> list[Line]:
    if editor is not None and editor.customer.pk not in {row.pk for row in rows}:
        rows = [editor.customer, *rows]
    ids = [row.pk for row in rows]
    accesses = access_of(snapshot, ids)
    stored = {each.customer_id: each for each in snapshot.group.exceptions.filter(customer__in=ids)}
    return [
        Line(
            row,
            accesses[row.pk],
            snapshot.price_of(accesses[row.pk].decision),
            stored.get(row.pk),
            editor if editor is not None and editor.customer.pk == row.pk else None,
        )
        for row in rows
        if row.pk in accesses
    ]
