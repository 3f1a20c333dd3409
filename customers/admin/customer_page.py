"""Overview page of a customer: cards, exceptions, energy and money, refusals, and the latest decisions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from chargegroups.models import CustomerException
from chargepoints.admin.use_tiles import session_list, use_tiles
from chargepoints.decision_views import decision_views, latest_entries
from chargepoints.recent_use import RecentUse, recent_use
from customers.models import ChargeCard, Customer, StaffMember
from customers.status_changes import undoable_of
from evcnet.admin.overview import MenuEntry, Overview, OverviewAdmin, Tile
from evcnet.admin.requests import StaffRequest
from evcnet.datetimes import database_clock
from evcnet.together import Reading, read, side_by_side
from tariffs.current_price import current_prices

LISTED = 50
"""So many cards and exceptions are listed; a customer rarely has more than three."""
NOTES: dict[str, tuple[str, str]] = {
    Customer.Status.PENDING: ("warn", "None of the cards is accepted until the customer is approved."),
    Customer.Status.BLOCKED: ("bad", "None of the cards is accepted anywhere."),
    Customer.Status.DEACTIVATED: ("told", "Deactivated: none of the cards is accepted any more."),
}


def customer_overview(admin: OverviewAdmin[Customer], request: StaffRequest, customer: Customer) -> Overview:
    login, now = request.user, database_clock()
    of = {"customer": customer}
    use, parts, history = read(
        side_by_side(
            recent_use(login, now, sessions=of, decisions=of, of_card_in_sight=True),
            _parts(login, customer, now),
            admin.latest_entries(request, customer),
        )
    )
    actions = admin.action_entries(request, customer)
    return Overview(
        code=customer.number,
        name=customer.name,
        badges=["erased" if customer.erased_at else customer.status],
        facts=[
            f"{customer.get_kind_display()} of {customer.user_group}, {customer.get_payment_display()}",
            customer.email,
        ],
        notes=list(_notes(customer)),
        tiles=list(_tiles(customer, parts, use)),
        menu=[*actions, *_further(request, customer), *admin.edit_entry(request, customer)],
        buttons=[*_ask(login, admin, customer), *actions[:1]],
        lists=[session_list(use, _sessions(customer))],
        undo=undoable_of(login, customer),
        history=history,
        template="customers/customer.html",
        context=parts,
    )


def _parts(login: StaffMember, customer: Customer, now: datetime) -> Reading[dict[str, Any]]:
    """What the page lists: cards, exceptions, decisions."""
    cards = ChargeCard.objects.visible_to(login).filter(customer=customer)[: LISTED + 1]
    exceptions = CustomerException.objects.visible_to(login).filter(customer=customer)
    exceptions = exceptions.select_related("charge_group", "tariff")[:LISTED]
    decisions = latest_entries(login, customer=customer, elsewhere=True)
    yield [cards, exceptions, decisions]
    add_card = reverse("admin:customers_chargecard_add") + f"?customer={customer.pk}"
    return {
        "customer": customer,
        "now": now,
        "cards": list(cards)[:LISTED],
        "all_cards": _more(list(cards), "admin:customers_chargecard_changelist", customer),
        "add_card": add_card if login.has_perm("customers.add_chargecard") and not customer.erased_at else "",
        "exceptions": _exceptions(list(exceptions), now),
        "decisions": decision_views(decisions, login),
    }


def _notes(customer: Customer) -> Iterator[tuple[str, str]]:
    if customer.erased_at:
        when = date_format(timezone.localtime(customer.erased_at), "DATETIME_FORMAT")
        words = "The number stays, and so does what was charged. Nothing here changes any more."
        yield "told", f"The person was erased on {when}. {words}"
    elif customer.status in NOTES:
        yield NOTES[customer.status]


def _tiles(customer: Customer, parts: dict[str, Any], use: RecentUse) -> Iterator[Tile]:
    cards, exceptions = parts["cards"], parts["exceptions"]
    active = sum(card.status == ChargeCard.Status.ACTIVE for card in cards)
    more = " or more" if parts["all_cards"] else ""
    yield Tile(f"{len(cards):,}{more}", "card" if len(cards) == 1 else "cards", f"{active:,} active", "#cards-title")
    decisions = reverse("admin:chargepoints_decisionentry_changelist")
    yield from use_tiles(
        use, _sessions(customer), f"{decisions}?{urlencode({'q': customer.number, 'verdict': 'refused'})}"
    )
    if exceptions:
        in_force = sum(each["when"] == "now" for each in exceptions)
        label = "exception" if len(exceptions) == 1 else "exceptions"
        yield Tile(f"{len(exceptions):,}", label, f"{in_force:,} in force", "#exceptions-title")


def _sessions(customer: Customer) -> str:
    return reverse("admin:chargepoints_session_changelist") + f"?customer__id__exact={customer.pk}"


def _ask(login: StaffMember, admin: OverviewAdmin[Customer], customer: Customer) -> Iterator[MenuEntry]:
    if customer.erased_at:
        return
    query = urlencode({"customer": customer.number})
    yield MenuEntry("May this customer charge somewhere?", f"{reverse('admin:may_charge')}?{query}")
    if login.has_perm("socialcharging.view_driverlink"):
        yield MenuEntry("Driver's page", admin.page(customer.pk, "driver"))


def _further(request: StaffRequest, customer: Customer) -> Iterator[MenuEntry]:
    if customer.erased_at:
        return
    if request.user.has_perm("customers.add_chargecard"):
        yield MenuEntry("Add a card", reverse("admin:customers_chargecard_add") + f"?customer={customer.pk}")


def _more(rows: list[Any], name: str, customer: Customer) -> str:
    return reverse(name) + f"?customer__id__exact={customer.pk}" if len(rows) > LISTED else ""


def _exceptions(rows: list[CustomerException], now: datetime) -> list[dict[str, Any]]:
    """Each with what it costs now and whether it is in force."""
    tariffs = [row.tariff for row in rows if row.tariff]
    tags = current_prices(tariffs, now) if tariffs else {}
    return [{"row": row, "tag": tags.get(row.tariff_id or 0), "when": _when(row, now)} for row in rows]


def _when(row: CustomerException, now: datetime) -> str:
    if row.valid_from is not None and row.valid_from > now:
        return "scheduled"
    return "past" if row.valid_until is not None and row.valid_until <= now else "now"
