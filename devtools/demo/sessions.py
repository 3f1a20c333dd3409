"""Sessions of the demo in the last 90 days: each is one that the rule allows, and is rated."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from django.utils import timezone

from chargepoints.authorization import Authorization, authorize_at
from chargepoints.models import ChargePoint, Session
from chargepoints.rating import rate_all
from chargepoints.session_recorder import pin
from customers.models import ChargeCard
from roaming.models import Agreement, PartnerToken

MANY, OF_PARTNERS, DAYS = 2_000, 100, 90
PREFERRED = {"north": "leusden leusden fast", "south": "borsele borsele owners fast", "waterland": "waterland leusden"}
HOURS = [1, 1, 1, 1, 1, 2, 5, 9, 11, 8, 6, 6, 7, 6, 6, 7, 9, 12, 13, 10, 7, 5, 3, 2]
"""How many begin in each hour of the day, relative to one another."""


@dataclass(frozen=True)
class Stay:
    """A car at a charge point: it charges for a while, and may stay on."""

    start: datetime
    charging: timedelta
    parking: timedelta
    kwh: Decimal

    @property
    def end(self) -> datetime:
        return self.start + self.charging + self.parking

    def overlaps(self, other: Stay) -> bool:
        return self.start < other.end and other.start < self.end


class History:
    """Makes sessions until there are enough; no card and no charge point is in two at a time."""

    def __init__(self, groups: dict[str, int], report: Callable[[int], None]) -> None:
        self.chance = Random(42)
        self.now = timezone.now().replace(minute=0, second=0, microsecond=0)
        self.report = report
        self.stays: dict[int | str, list[Stay]] = defaultdict(list)
        parts = {pk: part for part, pk in groups.items()}
        self.points: dict[str, list[ChargePoint]] = defaultdict(list)
        for point in ChargePoint.objects.filter(status="active").select_related("provider").order_by("identity"):
            self.points[parts[point.charge_group_id]].append(point)
        self.homes = {point.owner_id: point for point in self.points["home"]}
        self.cards = list(_good_cards(self.now - timedelta(days=DAYS)))
        self.tokens = list(_good_tokens(self.now))

    def sessions(self) -> list[Session]:
        """Of customers, and of customers of roaming partners."""
        rows: list[Session] = []
        for many, choose in ((MANY, self._of_customer), (OF_PARTNERS, self._of_partner)):
            target = len(rows) + many
            for _ in range(3 * many):
                session = self._session(f"S{len(rows) + 1:06d}", *choose())
                if session is not None:
                    rows.append(session)
                    if len(rows) % 250 == 0:
                        self.report(len(rows))
                if len(rows) == target:
                    break
        return rows

    def _of_customer(self) -> tuple[str, ChargePoint]:
        card = self.chance.choice(self.cards)
        return card.uid, self._point(card)

    def _of_partner(self) -> tuple[str, ChargePoint]:
        part = self.chance.choice(["leusden", "borsele", "fast"])
        return self.chance.choice(self.tokens), self.chance.choice(self.points[part])

    def _session(self, code: str, uid: str, point: ChargePoint) -> Session | None:
        stay = self._stay(point)
        if any(stay.overlaps(other) for key in (point.pk, uid) for other in self.stays[key]):
            return None
        answer = authorize_at(uid, point.identity, stay.start, now=timezone.now())
        if not answer.decision.allowed:
            return None
        for key in (point.pk, uid):
            self.stays[key].append(stay)
        return _session(code, uid, point, stay, answer)

    def _point(self, card: ChargeCard) -> ChargePoint:
        if card.customer_id in self.homes and self.chance.random() < 0.7:
            return self.homes[card.customer_id]
        code = card.customer.user_group.code if card.customer else ""
        part = self.chance.choice(PREFERRED.get(code, "harbour leusden").split())
        return self.chance.choice(self.points[part])

    def _stay(self, point: ChargePoint) -> Stay:
        start = self.now - timedelta(days=1 + self.chance.randrange(DAYS - 1))
        hour = self.chance.choices(range(24), HOURS)[0]
        start = start.replace(hour=hour) + timedelta(seconds=self.chance.randrange(3600))
        kilowatts = float(min(point.max_power_kw or 11, 150)) * self.chance.uniform(0.45, 0.95)
        if kilowatts > 40:
            kwh, stays_on = self.chance.triangular(6, 62, 28), 0.1
        else:
            kwh, stays_on = self.chance.triangular(1.5, 48, 14), 0.6
        parking = self.chance.expovariate(1 / 5400) if self.chance.random() < stays_on else 0
        return Stay(
            start,
            timedelta(seconds=round(kwh / kilowatts * 3600)),
            timedelta(seconds=min(round(parking), 36_000)),
            Decimal(f"{kwh:.3f}"),
        )


def _good_cards(since: datetime) -> list[ChargeCard]:
    cards = ChargeCard.objects.filter(status="active", customer__status="active").order_by("uid")
    return [
        card
        for card in cards.select_related("customer__user_group")
        if card.valid_from is None and (card.valid_until is None or card.valid_until > since)
    ]


def _good_tokens(at: datetime) -> list[str]:
    """The uids of valid tokens of GreenGrid's partners with an agreement."""
    agreed = Agreement.objects.in_force(at).filter(provider__code="greengrid").values("partner")
    tokens = PartnerToken.objects.filter(partner__in=agreed, valid=True).order_by("uid")
    return list(tokens.values_list("uid", flat=True))


def _session(code: str, uid: str, point: ChargePoint, stay: Stay, answer: Authorization) -> Session:
    session = Session(
        provider_id=point.provider_id,
        code=code,
        charge_point=point,
        card_uid=uid,
        started_at=stay.start,
        ended_at=stay.end,
        kwh=stay.kwh,
        parking_seconds=round(stay.parking.total_seconds()),
    )
    pin(session, answer, timezone.now())
    return session


def make_sessions(groups: dict[str, int], report: Callable[[int], None]) -> int:
    """``groups`` are the ids of the charge groups by the part that they play. Gives how many sessions were made."""
    sessions = History(groups, report).sessions()
    Session.objects.bulk_create(sessions, batch_size=1_000)
    rate_all(sessions)
    return len(sessions)
