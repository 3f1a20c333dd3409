"""Sessions of one partner's tokens: those that were recorded, their ratings, and transactions that still run."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import DateTimeField, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Greatest

from chargepoints.models import Rating, Session
from evcnet.code_keys import UidKey
from evcnet.codes import uid_key
from gateway.models import Transaction
from roaming.models import Agreement, Partner, PartnerToken

REASON = "roaming_partner"
WITH_POINT = ("charge_point__location", "tariff_version__tariff")


def sessions_of(partner: Partner) -> QuerySet[Session]:
    """Each with ``changed_at``: when it ended, or was rated last."""
    latest = Rating.objects.filter(session=OuterRef("pk")).order_by("-number").values("created_at")[:1]
    rated = Subquery(latest, output_field=DateTimeField())
    rows: QuerySet[Session] = _of_partner(Session.objects.all(), partner)
    return rows.annotate(changed_at=Greatest(F("ended_at"), rated))


def running(partner: Partner) -> QuerySet[Transaction]:
    """Transactions that have begun and are no session yet."""
    rows: QuerySet[Transaction] = _of_partner(
        Transaction.objects.filter(session=None, started_at__isnull=False), partner
    )
    return rows


def ratings_of(partner: Partner) -> QuerySet[Rating]:
    """Of the partner's sessions, in the order in which they were made."""
    rows: QuerySet[Rating] = Rating.objects.filter(session__in=_of_partner(Session.objects.all(), partner))
    return rows.order_by("pk")


def _of_partner(rows: Any, partner: Partner) -> Any:
    """A token is the partner's that allowed it, while its agreement was in force: two such partners never allow one uid."""
    token = PartnerToken.objects.alias(key=UidKey("uid")).filter(partner=partner, key=UidKey(OuterRef("card_uid")))
    agreed = Agreement.objects.filter(
        Q(valid_until=None) | Q(valid_until__gt=OuterRef("started_at")),
        partner=partner,
        valid_from__lte=OuterRef("started_at"),
    )
    return rows.filter(Exists(token), Exists(agreed), provider=partner.provider_id, reason=REASON)


def changed_within(rows: QuerySet[Any], name: str, date_from: datetime | None, date_to: datetime | None) -> Any:
    """Those whose moment ``name`` lies within; None: no bound."""
    if date_from is not None:
        rows = rows.filter(**{f"{name}__gte": date_from})
    return rows if date_to is None else rows.filter(**{f"{name}__lt": date_to})


def tokens_by_key(partner: Partner, uids: Iterable[str]) -> dict[str, PartnerToken]:
    """The partner's tokens with these uids, by the key of the uid; of several with one the card, which readers read."""
    keys = {uid_key(each) for each in uids}
    rows = PartnerToken.objects.filter(partner=partner, uid__uid_key__in=keys)
    ordered = sorted(rows, key=lambda each: each.type == PartnerToken.Type.RFID)
    return {uid_key(each.uid): each for each in ordered}
