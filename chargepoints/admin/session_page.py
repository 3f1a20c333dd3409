"""The page of a session: what it cost, why the card was allowed, and what it would have cost by another tariff."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from chargegroups.access import BY_REASON
from chargepoints.admin.correct_session import version_at
from chargepoints.models import ChargePoint, Session
from chargepoints.rating import Measured, Rater
from chargepoints.rating_text import duration, money, rating_lines
from chargepoints.replay import version_to_replay
from customers.models import ChargeCard, Customer, StaffMember
from evcnet.admin.requests import StaffRequest
from evcnet.errors import DomainError
from tariffs.current_price import current_price
from tariffs.forms.tariff_picker import TariffField, offer_tariffs
from tariffs.models import Tariff

SOURCES = {
    "exception": "the tariff of the customer's exception in the charge group",
    "agreement": "the price list of the agreement with the roaming partner",
    "roaming": "the charge group's tariff for roaming cards",
    "prepaid": "the charge group's tariff for prepaid customers",
    "group": "the tariff of the charge group",
}
NOT_ACCEPTED = "The card's own provider does not accept it."


class Comparing(forms.Form):
    tariff = TariffField(label="What if it had been by", empty_label="Choose a tariff")

    def __init__(self, request: StaffRequest, session: Session) -> None:
        super().__init__(request.GET if "tariff" in request.GET else None)
        visible = Tariff.objects.visible_to(request.user).filter(provider=session.provider_id)
        offer_tariffs(self, visible, request.user)


def about(request: StaffRequest, session: Session) -> dict[str, Any]:
    login = request.user
    ratings = list(
        session.ratings.select_related("tariff_version__tariff", "made_by").prefetch_related("tariff_version__elements")
    )
    rating = ratings[0] if ratings else None
    point = _visible_row(ChargePoint.objects.select_related("location", "charge_group"), login, session.charge_point_id)
    named = _visible_tariffs(ratings, login, point)
    comparing = Comparing(request, session)
    measured = Measured.of(rating or session)
    return {
        "session": session,
        "point": point,
        "customer": _visible_row(Customer.objects, login, session.customer_id),
        "card": _visible_row(ChargeCard.objects, login, session.card_id),
        "measured": _in_words(measured),
        "as_metered": _in_words(Measured.of(session)) if measured != Measured.of(session) else None,
        "why": BY_REASON[session.reason].text if session.reason in BY_REASON else NOT_ACCEPTED,
        "allowed": session.verdict == "ALLOWED",
        "verdict": session.verdict.lower(),
        "source": SOURCES.get(session.tariff_source, ""),
        "rating": rating and _rating_context(rating, named),
        "ratings": [_rating_context(each, named) for each in ratings],
        "comparing": comparing,
        "compared": _compared(comparing, session, rating, measured),
        "opens_tariff": rating is not None and _opens(login, rating.tariff_version.tariff_id),
        "may_compare": login.has_perm("tariffs.view_tariff"),
    }


def _visible_row(rows: Any, login: StaffMember, pk: int | None) -> Any:
    """The row if the login may see it: a session is shared by those of its charge point and those of its customer."""
    if pk is None:
        return None
    return rows.filter(pk__in=rows.model.objects.visible_to(login).filter(pk=pk).values("pk")).first()


def _opens(login: StaffMember, tariff: int) -> bool:
    return bool(Tariff.objects.visible_to(login).filter(pk=tariff).exists())


def _visible_tariffs(ratings: list[Any], login: StaffMember, point: ChargePoint | None) -> set[int]:
    """The price lists, by their tariff, that may be named: all at charge points of one's own, else those that one sees."""
    tariffs = {each.tariff_version.tariff_id for each in ratings}
    return (
        tariffs if point else set(Tariff.objects.visible_to(login).filter(pk__in=tariffs).values_list("pk", flat=True))
    )


def _in_words(measured: Measured) -> dict[str, str]:
    return {
        "kwh": f"{measured.kwh.normalize():,f} kWh",
        "lasted": duration(measured.seconds),
        "charging": duration(measured.charging_seconds),
        "parking": duration(measured.parking_seconds) if measured.parking_seconds else "",
        "ended_at": measured.ended_at,  # type: ignore[dict-item]
    }


def _rating_context(rating: Any, named: set[int]) -> dict[str, Any]:
    version = rating.tariff_version
    return {
        "row": rating,
        "excl_vat": money(rating.excl_vat, rating.currency),
        "incl_vat": money(rating.incl_vat, rating.currency),
        "lines": rating_lines(rating.lines),
        "tag": current_price(version) if version.tariff_id in named else None,
    }


def _compared(comparing: Comparing, session: Session, rating: Any, measured: Measured) -> dict[str, Any] | None:
    """The same session by the chosen tariff: by its version of then, or, where it had none, by that of today."""
    if not comparing.is_bound or not comparing.is_valid():
        return None
    tariff = comparing.cleaned_data["tariff"]
    version = version_at(tariff, session)
    then = version is not None
    rater = Rater(session.provider)
    try:
        version = version or version_to_replay(tariff, timezone.now())
        cost = rater.cost(version.pk, rater.metered_session(session, measured))
    except DomainError as wrong:
        return {"refused": wrong.refusal.message}
    difference = None
    if rating is not None and rating.currency == cost.currency:
        amount = cost.incl_vat - rating.incl_vat
        difference = f"{'+' if amount > 0 else ''}{money(amount, cost.currency)}" if amount else "the same"
    return {
        "tag": current_price(version),
        "version": version,
        "then": then,
        "excl_vat": money(cost.excl_vat, cost.currency),
        "incl_vat": money(cost.incl_vat, cost.currency),
        "lines": rating_lines([line.as_dict() for line in cost.lines]),
        "difference": difference,
    }
