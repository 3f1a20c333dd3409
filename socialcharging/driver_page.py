"""What the driver's page shows: the customer's places with state, queue and price, their sessions, and why they were refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from babel.dates import format_date
from babel.numbers import format_currency, format_decimal
from django.db.models import Max

from chargegroups.terms import Decision
from chargepoints.authorization_facts import fetch_facts
from chargepoints.models import ChargePoint, DecisionEntry, Hold, Rating, Session
from chargepoints.search import points_named
from customers.models import ChargeCard, Customer
from gateway.models import Transaction
from gateway.running import running_transactions
from gateway.states import PointState, point_states
from socialcharging.models import QueueEntry, QueueMail, SocialSettings
from socialcharging.queues import is_social
from socialcharging.texts import texts
from tariffs.conversion import price_list
from tariffs.models import TariffVersion
from tariffs.pricing import price_texts
from tariffs.pricing.price_words import PRICE_WORDS

LISTED = 10
SEARCHED = 50
"""So many points that a search names are looked at."""
REFUSALS_FOR = timedelta(days=30)
CHARGED_WITHIN = timedelta(days=365)
LOCALES = {"en": "en_GB"}
SHAPES = {
    "available": ("○", "good"), "occupied": ("◐", "notice"), "charging": ("◉", "accent"), "unavailable": ("▽", "plain"),
    "faulted": ("✕", "bad"), "offline": ("◌", "bad"), "unknown": ("?", "plain"),
}  # fmt: skip


@dataclass
class PointCard:
    """One charge point as its customer sees it, in sentences. ``actions`` are names of buttons with their labels."""

    point: ChargePoint
    state: str
    state_word: str
    shape: str
    tone: str
    price: str = ""
    waits: str = ""
    words: str = ""
    lines: list[str] = field(default_factory=list)
    is_turn: bool = False
    actions: list[tuple[str, str]] = field(default_factory=list)


class DriverPage:
    """Of one customer at a moment; what belongs to others is counted at most."""

    def __init__(self, customer: Customer, at: datetime, search: str = "") -> None:
        self.customer, self.at, self.search = customer, at, search.strip()[:100]
        self.texts, self.locale = texts(customer.language), LOCALES.get(customer.language, customer.language)
        self.cards = list(ChargeCard.objects.filter(customer=customer).order_by("pk").values_list("uid", flat=True))
        self.zone = customer.provider.zone

    def points(self) -> list[PointCard]:
        """Where the customer waits or charges, then where they charged, or what they search: only where they may charge."""
        mine = self._own_points()
        keys = mine if not self.search else []
        rows = {point.pk: point for point in self._candidates(keys)}
        states = point_states(rows)
        cards: list[PointCard] = []
        for pk in dict.fromkeys([*keys, *rows]):
            if pk in rows and len(cards) < LISTED:
                card = self._card(rows[pk], states.get(pk), is_own=pk in mine)
                cards += [card] if card else []
        self._add_words(cards)
        return cards

    def _add_words(self, cards: list[PointCard]) -> None:
        """The words of a charge group, above the first of its points."""
        seen_groups: set[int | None] = set()
        for card in cards:
            group = card.point.charge_group
            if group is not None and group.pk not in seen_groups:
                card.words = SocialSettings.of(group).words(self.customer.language)
                seen_groups.add(group.pk)

    def _own_points(self) -> list[int]:
        waiting = QueueEntry.objects.filter(customer=self.customer, left_at=None)
        running = Transaction.objects.filter(customer=self.customer, session=None, started_at__isnull=False)
        return [*waiting.values_list("charge_point", flat=True), *running.values_list("charge_point", flat=True)]

    def _candidates(self, mine: list[int]) -> Iterable[ChargePoint]:
        points = ChargePoint.objects.filter(
            provider=self.customer.provider_id, charge_group__terms__social_charging=True
        ).select_related("location", "charge_group")
        if self.search:
            return list(points_named(points, self.search).distinct()[:SEARCHED])
        since = self.at - CHARGED_WITHIN
        sessions = Session.objects.filter(customer=self.customer, started_at__gte=since).order_by()
        latest = sessions.values("charge_point").annotate(at=Max("started_at")).order_by("-at")
        keys = [*mine, *(row["charge_point"] for row in latest[:SEARCHED])]
        order = {pk: number for number, pk in reversed(list(enumerate(keys)))}
        return sorted(points.filter(pk__in=keys).distinct(), key=lambda point: order[point.pk])

    def _card(self, point: ChargePoint, state: PointState | None, *, is_own: bool) -> PointCard | None:
        """None where social charging is off, or the customer may not charge and has nothing to do with it."""
        decision = self._decision(point)
        if not is_social(point, self.at) or (not is_own and (decision is None or not decision.allowed)):
            return None
        word = state.state if state else "unknown"
        card = PointCard(point, word, self.texts[word], *SHAPES[word])
        if decision is not None and decision.allowed:
            card.price = self.texts["price"].format(price=self._price(decision))
        else:
            reason = decision.access.reason if decision else "no_card"
            card.lines.append(self.texts["may_not"].format(reason=self.texts.get(reason, self.texts["refused"])))
        self._add_queue(card, state, may_charge=decision is not None and decision.allowed)
        return card

    def _decision(self, point: ChargePoint) -> Decision | None:
        """By the best of the customer's cards, whoever the point is held for; None without a card."""
        decisions = [fetch_facts(uid, point.identity, self.at, held_at=None).decide() for uid in self.cards]
        return next((each for each in decisions if each.allowed), decisions[0] if decisions else None)

    def _price(self, decision: Decision) -> str:
        version = TariffVersion.objects.select_related("tariff").get(pk=decision.tariff.version)  # type: ignore[union-attr]
        stored = price_list(version, version.elements.all())
        return price_texts(stored, PRICE_WORDS[self.customer.language]).incl_vat

    def _add_queue(self, card: PointCard, state: PointState | None, *, may_charge: bool) -> None:
        entries = QueueEntry.objects.filter(charge_point=card.point, left_at=None)
        order = list(entries.values_list("customer", flat=True))
        hold = Hold.objects.filter(charge_point=card.point, ended_at=None, until__gt=self.at).first()
        running = self._running(card.point, state)
        card.waits = self._count_others(order)
        is_mine = self.customer.pk in order
        card.is_turn = hold is not None and hold.customer_id == self.customer.pk
        if hold is not None:
            text = "turn" if card.is_turn else "held"
            card.lines.append(self.texts[text].format(time=self.time(hold.until)))
        if is_mine and not card.is_turn:
            card.lines.append(self.texts["place"].format(place=order.index(self.customer.pk) + 1))
        if running is not None and running.started_at is not None:
            card.lines.append(self.texts["charge_here"].format(time=self.time(running.started_at)))
            if QueueMail.objects.filter(key=f"waits-{running.pk}").exists():
                card.lines.append(self.texts["please"])
        occupied = state is not None and state.is_occupied
        if is_mine:
            card.actions.append(("leave", self.texts["leave"]))
        elif may_charge and running is None and (occupied or order):
            card.actions.append(("join", self.texts["join" if order else "start"]))
        if may_charge and running is None and occupied:
            self._add_asking(card)

    def _running(self, point: ChargePoint, state: PointState | None) -> Transaction | None:
        """The customer's transaction there. Where its connector has said since that it is available, its end was lost."""
        for row in running_transactions().filter(charge_point=point, customer=self.customer):
            connectors = [each for each in (state.connectors if state else ()) if each.evse == row.evse]
            if not any(each.state == "available" and each.reported_at > row.last_message_at for each in connectors):
                return row
        return None

    def _count_others(self, order: list[int]) -> str:
        others = len([each for each in order if each != self.customer.pk])
        return self.texts["waits_0" if others == 0 else "waits_1" if others == 1 else "waits_n"].format(count=others)

    def _add_asking(self, card: PointCard) -> None:
        keys = [
            f"waits-{pk}" for pk in running_transactions().filter(charge_point=card.point).values_list("pk", flat=True)
        ]
        if QueueMail.objects.filter(key__in=keys).exists():
            card.lines.append(self.texts["asked"])
        else:
            card.actions.append(("ask", self.texts["ask"]))

    def sessions(self) -> Iterator[dict[str, Any]]:
        rows = Session.objects.filter(customer=self.customer).select_related("charge_point__location")
        listed = list(rows.order_by("-started_at")[:LISTED])
        prices: dict[int, Rating] = {}
        for rating in Rating.objects.filter(session__in=listed).order_by("number"):
            prices[rating.session_id] = rating
        for row in listed:
            rated = prices.get(row.pk)
            yield {
                "at": self.moment(row.started_at),
                "point": row.charge_point,
                "kwh": format_decimal(row.kwh.quantize(type(row.kwh)("0.01")), locale=self.locale),
                "price": format_currency(rated.incl_vat, rated.currency, locale=self.locale) if rated else "",
            }

    def refusals(self) -> Iterator[dict[str, str]]:
        """At readers, of the last 30 days; what staff asked on the page is theirs."""
        log: Any = DecisionEntry.objects
        rows = log.filter(customer=self.customer.pk, login=None, asked_at__gte=self.at - REFUSALS_FOR)
        rows = rows.exclude(verdict="ALLOWED").order_by("-asked_at", "-id")[:LISTED]
        points = ChargePoint.objects.in_bulk({row.charge_point_id for row in rows} - {None})
        for row in rows:
            point = points.get(row.charge_point_id)
            own = point is not None and point.provider_id == self.customer.provider_id
            reason = self.texts.get(row.reason, self.texts["refused"])
            yield {
                "at": self.moment(row.asked_at),
                "point": str(point) if own else row.identity,
                "reason": reason[:1].upper() + reason[1:],
            }

    def time(self, moment: datetime) -> str:
        return f"{moment.astimezone(self.zone):%H:%M}"

    def moment(self, moment: datetime) -> str:
        here = moment.astimezone(self.zone)
        return f"{format_date(here.date(), 'medium', locale=self.locale)}, {here:%H:%M}"
