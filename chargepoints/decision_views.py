"""Kept decisions as a login may read them: how one came about, the latest of a card or point, unknown cards, counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, models
from django.db.models import BigIntegerField, BooleanField, Exists, OuterRef, Q
from django.db.models.expressions import RawSQL
from django.utils import timezone

from chargegroups.access import BY_REASON, CONFIDENTIAL, NOT_ACCEPTED, Step, judge
from chargepoints.decision_log import facts_from_json
from chargepoints.models import ChargePoint, DecisionEntry, Session
from chargepoints.search import points_named
from customers.models import ChargeCard, Customer, StaffMember
from customers.search import search_cards, search_customers, split_words
from evcnet.code_keys import UidKey
from evcnet.codes import UID_SEPARATORS, key_sql, uid_key
from evcnet.tenancy import visible_rows
from evcnet.together import evaluate

LATEST = 10
COUNTED_DAYS = 14
COUNTED = 10_000
"""So many decisions of a charge point or charge group are counted at most, the latest."""
UNKNOWN_DAYS = 90
UNKNOWN_COUNTED = 2_000
MATCHES = 200
"""So many cards, customers or points that a search names are looked up in the log."""
TEXTS = {line.reason: line.text for line in BY_REASON.values()} | {
    NOT_ACCEPTED: "The card's provider does not accept it."
}


ANOTHER_PROVIDER, ANOTHER_USER_GROUP = "another provider", "another user group"
"""Who asked at a charge point that the reader does not see."""


def reason_read(reason: str, *, sees_card: bool) -> str:
    """Lines 4 to 8 are told to nobody who does not see the card."""
    return NOT_ACCEPTED if reason in CONFIDENTIAL and not sees_card else reason


@dataclass(frozen=True)
class DecisionView:
    """A kept decision as one login reads it; ``card``, ``customer`` and ``point`` are None where it does not see them.

    ``is_own``: the charge point is the login's too. If not, it sees the decision since the card is its own, and nothing
    of the charge point but its identity: no charge group, no price, no line of its access policy, not who asked.
    """

    entry: DecisionEntry
    card: ChargeCard | None
    customer: Customer | None
    point: ChargePoint | None
    is_own: bool

    @property
    def reason(self) -> str:
        return reason_read(self.entry.reason, sees_card=self.card is not None)

    @property
    def text(self) -> str:
        stored: str | None = self.entry.answer.get("text")
        return stored or TEXTS.get(self.reason, self.reason)

    @property
    def steps(self) -> list[Step]:
        """The lines that were passed, read again from the facts of then, and the line that decided."""
        if not self.is_own:
            return [Step(self.reason, "decided", self.text)]
        read = judge(facts_from_json(self.entry.facts, self.entry.at)).steps if self.entry.facts else ()
        passed = [step for step in read if step.rule != self.entry.reason]
        if self.reason == NOT_ACCEPTED:
            passed = [step for step in passed if step.rule not in CONFIDENTIAL]
        return [*passed, Step(self.reason, "decided", self.text)]

    @property
    def asked_by(self) -> str:
        if not self.is_own:
            elsewhere = self.entry.card_provider_id != self.entry.provider_id
            return ANOTHER_PROVIDER if elsewhere else ANOTHER_USER_GROUP
        return str(self.entry.api_key or self.entry.login or "")

    @property
    def answer(self) -> dict[str, Any]:
        """What was told of charge group, tariff and price; nothing of those of others."""
        return self.entry.answer if self.is_own else {}


def decision_views(entries: Iterable[DecisionEntry], login: StaffMember) -> list[DecisionView]:
    """Each with the card, customer and charge point that the login sees now: one query for any number."""
    rows = list(entries)
    rows_in_sight = (
        _in_sight(ChargeCard, login, {row.card_id for row in rows}),
        _in_sight(Customer, login, {row.customer_id for row in rows}),
        _in_sight(ChargePoint, login, {row.charge_point_id for row in rows}),
    )
    moments = [row.asked_at for row in rows]
    asked = {"asked_at__range": (min(moments), max(moments))} if rows else {}
    belonging = DecisionEntry.objects.at_points_of(login).filter(pk__in=[row.pk for row in rows], **asked)
    own = belonging.order_by().values_list("pk", flat=True)
    evaluate([*rows_in_sight, own])
    cards, customers, points = ({row.pk: row for row in each} for each in rows_in_sight)
    return [
        DecisionView(
            row,
            cards.get(row.card_id),
            customers.get(row.customer_id),
            points.get(row.charge_point_id),
            row.pk in set(own),
        )
        for row in rows
    ]


def _in_sight(model: type[models.Model], login: StaffMember, keys: set[Any]) -> models.QuerySet[Any, Any]:
    rows: models.QuerySet[Any, Any] = visible_rows(model, login).order_by().filter(pk__in=keys - {None})
    return rows


def latest_decisions(login: StaffMember, *, elsewhere: bool = False, **of: Any) -> list[DecisionView]:
    """The last ten of a ``card``, ``customer`` or ``charge_point``; ``elsewhere``: at charge points that the login does not
    see too, which is for cards and customers that it sees."""
    return decision_views(latest_entries(login, elsewhere=elsewhere, **of), login)


def latest_entries(login: StaffMember, *, elsewhere: bool = False, **of: Any) -> Any:
    """Of these the entries, as a queryset."""
    log: Any = DecisionEntry.objects
    rows = (log.all() if elsewhere else log.at_points_of(login)).filter(**of).order_by("-asked_at", "-id")
    return rows.select_related("api_key", "login")[:LATEST]


def search_decisions(rows: Any, text: str, login: StaffMember) -> Any:
    """By the uid that was asked, or by a card, customer or charge point that the login sees."""
    if not split_words(text):
        return rows
    words = text.replace("\0", "").strip()
    cards = _keys(search_cards(ChargeCard.objects.visible_to(login), words))
    customers = _keys(search_customers(Customer.objects.visible_to(login), words))
    points = _keys(points_named(ChargePoint.objects.visible_to(login), words))
    matches = (
        Q(card_uid__uid_key=uid_key(words)) | Q(card__in=cards) | Q(customer__in=customers) | Q(charge_point__in=points)
    )
    return rows.filter(matches)


def _keys(rows: Any) -> list[int]:
    return list(rows.order_by().values_list("pk", flat=True)[:MATCHES])


def with_reason(rows: Any, reason: str, login: StaffMember) -> Any:
    """Those for which the login reads this reason: one that is told to few is found by those few alone."""
    visible_card = Exists(ChargeCard.objects.visible_to(login).order_by().filter(pk=OuterRef("card_id")))
    if reason == NOT_ACCEPTED:
        scope = login.scope("customers.view_chargecard")
        if scope.providers and not scope.user_groups and not scope.platform:
            # Who sees all cards of a provider sees none of other providers: that is what was told.
            own_points = rows.filter(told=NOT_ACCEPTED, provider_id__in=scope.providers)
            return own_points.exclude(card_provider_id__in=scope.providers)
        return rows.filter(~visible_card, reason__in=CONFIDENTIAL)
    return rows.filter(visible_card, reason=reason) if reason in CONFIDENTIAL else rows.filter(reason=reason)


_TABLE = DecisionEntry._meta.db_table
ELSEWHERE = RawSQL(f"{_TABLE}.card_provider_id <> {_TABLE}.provider_id", (), BooleanField())
"""As the indexes of these decisions say it."""


def visible_parts(login: StaffMember, *, at_own_points: bool = False) -> list[Q]:
    """What the login sees of the log, in parts that don't overlap and that an index has in the order of time each.

    ``at_own_points``: asked for is a charge point or charge group, and it sees none of others.
    """
    scope = login.scope("chargepoints.view_decisionentry")
    if scope.platform or scope.user_groups:
        return [Q()]
    if at_own_points:
        return [Q(provider_id=provider) for provider in sorted(scope.providers)] or [Q(pk__in=[])]
    elsewhere = Q(ELSEWHERE) & ~Q(provider_id__in=scope.providers)
    return [
        part
        for provider in sorted(scope.providers)
        for part in (Q(provider_id=provider), Q(card_provider_id=provider) & elsewhere)
    ]


# The session that a decision led to


def _key(table: str) -> str:
    return key_sql(f"{table}.card_uid", UID_SEPARATORS)


LEADS_TO_SESSION = timedelta(minutes=5)
"""So soon after a card was allowed its session begins; one that begins later is no answer to that decision."""


def session_led_to(d: str) -> str:
    """SQL: the id of the session that a decision led to, a row of the log that the statement around it calls ``d``."""
    return f"""SELECT s.id FROM (
    SELECT id, started_at FROM chargepoints_session s
    WHERE s.charge_point_id = {d}.charge_point_id AND {_key("s")} = {_key(d)} AND s.verdict = 'ALLOWED'
      AND s.started_at >= {d}.asked_at AND s.started_at < {d}.asked_at + interval '{LEADS_TO_SESSION.seconds} seconds'
    ORDER BY s.started_at LIMIT 1
) s
WHERE {d}.source <> 'explainer' AND {d}.verdict = 'ALLOWED'
  AND {d}.at BETWEEN {d}.asked_at - interval '1 minute' AND {d}.asked_at + interval '1 minute'
  AND NOT EXISTS (
    SELECT FROM chargepoints_decisionentry later
    WHERE later.charge_point_id = {d}.charge_point_id AND {_key("later")} = {_key(d)}
      AND later.source <> 'explainer' AND later.verdict = 'ALLOWED'
      AND later.asked_at > {d}.asked_at AND later.asked_at <= s.started_at
      AND later.asked_at <= {d}.asked_at + interval '{LEADS_TO_SESSION.seconds} seconds'
  )"""


_LED_TO = f"""
SELECT d.id, led.id FROM chargepoints_decisionentry d JOIN LATERAL ({session_led_to("d")}) led ON true
WHERE d.id = ANY(%(ids)s) AND d.asked_at BETWEEN %(first)s AND %(last)s"""
LED_TO = RawSQL(session_led_to(_TABLE), (), BigIntegerField())
"""Of each row of the log, whose table bears its own name."""


def sessions_led_to(views: Sequence[DecisionView], login: StaffMember | None) -> dict[int, Session]:
    """By the ids of decisions, those of their sessions that the login (None: a command) sees.

    A session is told by nobody who asked for it, so it is found: same card, same charge point, begun within five minutes
    of the answer, which is the last that allowed it before. What was decided elsewhere has none: that is the other's.
    """
    own = [view.entry for view in views if view.is_own]
    if not own:
        return {}
    moments = [entry.asked_at for entry in own]
    params: dict[str, Any] = {"ids": [entry.pk for entry in own], "first": min(moments), "last": max(moments)}
    with connection.cursor() as cursor:
        cursor.execute(_LED_TO, params)
        matches = dict(cursor.fetchall())
    rows = Session.objects.all() if login is None else Session.objects.visible_to(login)
    sessions = rows.in_bulk(set(matches.values()))
    return {entry: sessions[session] for entry, session in matches.items() if session in sessions}


# Statistics: what somebody typed on the page is not counted


def _since(login: StaffMember, days: int) -> Any:
    """The latest first."""
    since = timezone.now() - timedelta(days=days)
    rows = DecisionEntry.objects.at_points_of(login).exclude(source=DecisionEntry.Source.EXPLAINER)
    return rows.filter(asked_at__gte=since).order_by("-asked_at")


@dataclass
class UnknownCard:
    uid: str  # in capitals, without separators
    last: datetime
    first: datetime
    times: int = 0


def unknown_cards(login: StaffMember) -> list[UnknownCard]:
    """Uids that nobody knew in the last 90 days, those that came last first, without those that the login has cards of now.

    Of the latest 2,000 decisions on unknown cards, so that the page costs the same whatever the log holds.
    """
    rows = _since(login, UNKNOWN_DAYS).filter(reason="card_unknown").values_list(UidKey("card_uid"), "asked_at")
    by_uid: dict[str, UnknownCard] = {}
    for uid, asked_at in rows[:UNKNOWN_COUNTED]:
        card = by_uid.setdefault(uid, UnknownCard(uid, asked_at, asked_at))
        card.first, card.times = asked_at, card.times + 1
    cards = list(by_uid.values())[:MATCHES]
    known = ChargeCard.objects.visible_to(login).filter(uid__uid_key__in=[card.uid for card in cards])
    now_known = set(known.values_list("uid__uid_key", flat=True))
    return [card for card in cards if card.uid not in now_known]


@dataclass(frozen=True)
class DecisionCounts:
    """How often each reason, in words, was decided on each of the last ``days``.

    ``complete`` False: there were more than are counted, so the earliest day is not whole.
    """

    reasons: tuple[tuple[str, tuple[tuple[date, int], ...]], ...]
    days: tuple[date, ...]
    complete: bool


def decision_counts(login: StaffMember, **of: Any) -> DecisionCounts | None:
    """Of a ``charge_point`` or ``charge_group``, by reason and day; None where nothing was decided in the last 14 days."""
    rows = list(_since(login, COUNTED_DAYS).filter(**of).values_list("asked_at", "reason")[:COUNTED])
    if not rows:
        return None
    numbers = Counter(
        (timezone.localdate(at), NOT_ACCEPTED if reason in CONFIDENTIAL else reason) for at, reason in rows
    )
    reasons = [reason for reason in TEXTS if any(reason == each for _, each in numbers)]
    days = sorted({day for day, _ in numbers}, reverse=True)
    return DecisionCounts(
        tuple((TEXTS[reason], tuple((day, numbers[day, reason]) for day in days)) for reason in reasons),
        tuple(days),
        complete=len(rows) < COUNTED,
    )
