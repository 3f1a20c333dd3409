"""Findings about tokens of partners, and all findings together: uids for which several partners vouch are nobody's."""

from __future__ import annotations

from datetime import datetime
from itertools import chain

from django.db import connection

from chargepoints.finding_dismissals import OpenOrAside, with_dismissals
from chargepoints.findings import FindingScope, Oddity, reading_of_findings
from customers.models import StaffMember
from evcnet.codes import UID_SEPARATORS, key_sql
from evcnet.together import Reading, read, side_by_side
from roaming.models import Agreement, Partner

LATEST = 5_000
"""So many tokens are looked at, of each partner alike those that it changed last: a page that everybody opens reads no more."""
_KEY = key_sql("{}.uid", UID_SEPARATORS)
_SHARED = f"""
SELECT first, last, count(DISTINCT key), min(uid) FROM (
    SELECT least(n.partner_id, other.partner_id) AS first, greatest(n.partner_id, other.partner_id) AS last, n.key, n.uid
    FROM unnest(%(partners)s::bigint[]) partner(id)
    CROSS JOIN LATERAL (
        SELECT n.partner_id, n.provider_id, n.uid, {_KEY.format("n")} AS key FROM roaming_partnertoken n
        WHERE n.partner_id = partner.id ORDER BY n.last_updated DESC, n.id DESC LIMIT %(each)s
    ) n
    CROSS JOIN LATERAL (
        SELECT o.partner_id FROM roaming_partnertoken o
        WHERE {_KEY.format("o")} = n.key AND o.provider_id = n.provider_id AND o.partner_id <> n.partner_id
            AND o.partner_id = ANY(%(partners)s)
        ORDER BY o.partner_id LIMIT 1
    ) other
) shared
WHERE NOT EXISTS (SELECT FROM customers_chargecard k WHERE {_KEY.format("k")} = shared.key)
GROUP BY first, last ORDER BY first, last"""


def findings_and_dismissals(login: StaffMember, at: datetime) -> list[OpenOrAside]:
    """Everything odd that the login sees, warnings first, what was set aside too."""
    return read(_finding_reading(login, at))


def finding_reading(login: StaffMember, at: datetime) -> Reading[list[Oddity]]:
    """What is odd and not set aside."""
    findings = yield from _finding_reading(login, at)
    return [each.oddity for each in findings if each.dismissal is None]


def _finding_reading(login: StaffMember, at: datetime) -> Reading[list[OpenOrAside]]:
    return (yield from with_dismissals(_oddities(login, at), login))


def _oddities(login: StaffMember, at: datetime) -> Reading[list[Oddity]]:
    parts = yield from side_by_side(reading_of_findings(FindingScope.by(login), at), token_findings(login, at))
    return sorted(chain(*parts), key=lambda each: not each.warning)


def token_findings(login: StaffMember, at: datetime) -> Reading[list[Oddity]]:
    """One for each two partners with agreements in force that share uids. None for a login that sees no partners."""
    agreed = Agreement.objects.in_force(at).values("partner")
    rows = Partner.objects.visible_to(login).filter(pk__in=agreed)
    yield [rows]
    partners = {partner.pk: partner for partner in rows}
    if len(partners) < 2:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_SHARED, {"partners": list(partners), "each": LATEST // len(partners)})
        shared = cursor.fetchall()
    return [_finding(partners[first], partners[last], many, uid) for first, last, many, uid in shared]


def _finding(first: Partner, last: Partner, many: int, uid: str) -> Oddity:
    which = f"the uid {uid}" if many == 1 else f"{many:,} uids, such as {uid}"
    why = f"It and {last} vouch for {which}: nobody can say whose customer it is, and nobody can charge with it."
    remedy = "Ask both which of them the card belongs to, and have the other withdraw its token."
    return Oddity("card_ambiguous", first, why, remedy, place=first.code, many=many)
