"""What a change of status means, in sentences of counts: "2 cards stop working at 214 charge points."

For customers, cards, charge points and locations; each takes the keys of the rows that change, what they would have, and
the login that reads it. The number of queries does not grow with the rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from django.utils import timezone

from chargegroups.access import CardStatus, CustomerStatus
from chargepoints.models import ChargePoint, Location
from chargepoints.publication import publications
from chargepoints.status_impact import CardCounts, CardImpact, StatusAfter, card_impact, point_impact
from customers.models import ChargeCard, Customer, StaffMember
from evcnet.text import counted

Keys = Collection[int]


def customers_become(keys: Keys, status: CustomerStatus, login: StaffMember) -> list[str]:
    """``status`` is one of Customer.Status."""
    impact = card_impact(keys, login, timezone.now(), StatusAfter(customer=status))
    stopping, starting = impact.stopping, impact.starting
    where = _where(login)
    what = f"{counted(len(keys), 'customer becomes', 'customers become')} {Customer.Status(status).label}"
    if stopping.cards or stopping.elsewhere:
        who = counted(stopping.customers, "customer")
        lost = counted(stopping.cards, "card stops", "cards stop")
        return [
            f"{what}.",
            f"{who} can no longer charge: {lost} working at {_points(stopping)}{where}.",
            *_elsewhere(impact),
        ]
    if starting.cards or starting.elsewhere:
        gained = counted(starting.cards, "card starts", "cards start")
        return [
            f"{what}: {gained} working at {_points(starting)}{where}.",
            *_elsewhere(impact),
            *_without(keys, starting),
        ]
    return [
        f"{what}.",
        f"Nobody can charge more or less by it: no card starts or stops working at a charge point{where}.",
    ]


def cards_become(keys: Keys, status: CardStatus, login: StaffMember) -> list[str]:
    """``status`` is one of ChargeCard.Status."""
    holders = (
        ChargeCard.objects.filter(pk__in=keys).exclude(customer=None).order_by().values_list("customer", flat=True)
    )
    impact = card_impact(list(holders.distinct()), login, timezone.now(), StatusAfter(card=status), keys)
    where, sentences = _where(login), []
    for counts, one, many in (
        (impact.stopping, "card stops", "cards stop"),
        (impact.starting, "card starts", "cards start"),
    ):
        if counts.cards or counts.elsewhere:
            sentences.append(f"{counted(counts.cards, one, many)} working at {_points(counts)}{where}.")
    changing = max(impact.stopping.cards, impact.starting.cards)
    if changing < len(keys):
        verb = "stop" if status != "active" else "start"
        rest = counted(len(keys) - changing, "card does not", "cards do not")
        sentences.append(f"{rest} {verb} working anywhere{where}: not accepted at a charge point before and after.")
    return [*sentences, *_elsewhere(impact)]


def _points(counts: CardCounts) -> str:
    return counted(counts.points, "charge point")


def _where(login: StaffMember) -> str:
    """A login that does not reach the whole provider counts its own charge points."""
    return "" if login.scope("chargepoints.view_chargepoint").providers else " that you see"


def _elsewhere(impact: CardImpact) -> Iterator[str]:
    if number := impact.stopping.elsewhere:
        what = "stops" if number == 1 else "stop"
        yield f"{counted(number, 'card')} that may roam {what} working at charge points of other providers too."
    if number := impact.starting.elsewhere:
        what = "starts" if number == 1 else "start"
        yield f"{counted(number, 'card')} that may roam {what} working at charge points of other providers too."


def _without(keys: Keys, starting: CardCounts) -> Iterator[str]:
    if rest := len(keys) - starting.customers:
        yield f"{counted(rest, 'customer has', 'customers have')} no card that starts working."


def points_become(keys: Keys, status: str, login: StaffMember) -> list[str]:
    """``status`` is one of ChargePoint.Status."""
    impact = point_impact(keys, login, timezone.now(), status)
    what = f"{counted(len(keys), 'charge point becomes', 'charge points become')} {ChargePoint.Status(status).label}."
    roaming = " Roaming cards too." if impact.roaming else ""
    sentences = [what]
    if impact.stopping:
        stop = counted(impact.stopping, "charge point stops", "charge points stop")
        sentences.append(
            f"{stop} working: {counted(impact.customers, 'customer')} can no longer charge there.{roaming}"
        )
    if impact.starting:
        start = counted(impact.starting, "charge point starts", "charge points start")
        sentences.append(f"{start} working: {counted(impact.customers, 'customer')} can charge there.{roaming}")
    if not impact.stopping and not impact.starting:
        sentences.append("None of them starts or stops working.")
    return sentences


def locations_become(keys: Keys, published: bool, login: StaffMember) -> list[str]:
    """Published or not."""
    verb = "visible to" if published else "invisible to"
    what = counted(len(keys), "location becomes", "locations become")
    points = ChargePoint.objects.visible_to(login).filter(location__in=keys).count()
    with_points = f", with {counted(points, 'charge point')}" if points else ""
    sentences = [f"{what} {verb} third-party apps{with_points}.", "Who may charge there stays as it is."]
    if published:
        sentences += _remarks(keys)
    return sentences


def _remarks(keys: Keys) -> Iterator[str]:
    publication = publications(Location.objects.filter(pk__in=keys), timezone.now()).values()
    if number := sum(each.nobody for each in publication):
        yield f"At {counted(number, 'location')} nobody can charge: drivers will come in vain."
    if number := sum(bool(each.home) for each in publication):
        yield f"At {counted(number, 'location')} home chargers stand: such locations are not published, and stay as they are."
