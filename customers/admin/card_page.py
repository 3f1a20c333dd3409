"""Overview page of a charge card: whose it is, whether it is accepted, its use, refusals, and the latest decisions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from chargepoints.admin.use_tiles import session_list, use_tiles
from chargepoints.decision_views import latest_decisions
from chargepoints.recent_use import recent_use
from customers.models import ChargeCard
from customers.status_changes import undoable_of
from evcnet.admin.overview import MenuEntry, Overview, OverviewAdmin
from evcnet.admin.requests import StaffRequest
from evcnet.datetimes import database_clock
from evcnet.together import read, side_by_side


def card_overview(admin: OverviewAdmin[ChargeCard], request: StaffRequest, card: ChargeCard) -> Overview:
    login, now = request.user, database_clock()
    use, history = read(
        side_by_side(
            recent_use(login, now, sessions={"card": card}, decisions={"card": card}, of_card_in_sight=True),
            admin.latest_entries(request, card),
        )
    )
    actions = admin.action_entries(request, card)
    blocked = card.status == ChargeCard.Status.DEACTIVATED
    ask = f"{reverse('admin:may_charge')}?{urlencode({'card': card.uid})}"
    return Overview(
        code=card.visual_number,
        name=card.uid,
        badges=["blocked" if blocked else card.status, *(["roaming"] if card.roaming else [])],
        facts=[str(card.get_type_display())],
        notes=list(_notes(card, now, may_give=admin.has_change_permission(request, card))),
        tiles=list(use_tiles(use, *_lists(card))),
        menu=[*actions, *_give(admin, request, card), *admin.edit_entry(request, card)],
        buttons=[MenuEntry("May this card charge somewhere?", ask), *actions[:1]],
        lists=[session_list(use, _lists(card)[0])],
        undo=undoable_of(login, card),
        history=history,
        template="customers/card.html",
        context={"card": card, "decisions": latest_decisions(login, card=card, elsewhere=True)},
    )


def _lists(card: ChargeCard) -> tuple[str, str]:
    """The addresses of the card's sessions and of its refusals."""
    sessions = reverse("admin:chargepoints_session_changelist")
    decisions = reverse("admin:chargepoints_decisionentry_changelist")
    refused = urlencode({"q": card.uid, "verdict": "refused"})
    return f"{sessions}?{urlencode({'q': card.uid})}", f"{decisions}?{refused}"


def _give(admin: OverviewAdmin[ChargeCard], request: StaffRequest, card: ChargeCard) -> Iterator[MenuEntry]:
    if admin.has_change_permission(request, card):
        label = "Give to another customer" if card.customer_id else "Give to a customer"
        yield MenuEntry(label, admin.page(card.pk, "change") + "#id_customer")


def _notes(card: ChargeCard, now: datetime, *, may_give: bool) -> Iterator[tuple[str, str]]:
    """Why it is not accepted."""
    if card.customer is None:
        who = (
            "Give it to one: that activates it."
            if may_give
            else ("Who may change cards gives it to one: that activates it.")
        )
        yield "warn", f"No customer has this card, so it is not accepted. {who}"
    elif card.customer.status != "active":
        yield "warn", f"Not accepted: the customer is {card.customer.get_status_display()}."
    if card.valid_until is not None and card.valid_until <= now:
        yield "warn", f"Not accepted: it expired on {_in_words(card.valid_until)}."
    elif card.valid_from is not None and card.valid_from > now:
        yield "told", f"Not accepted yet: it is valid from {_in_words(card.valid_from)}."


def _in_words(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "DATETIME_FORMAT")
