"""Intake of partners' tokens: what is newer than the stored ones is written, by one statement for many.

A partner may send a token twice, late, or dated in the future. What is older than the stored row changes nothing. A moment in
the future counts as now: else no later message could ever correct it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.db import connection, transaction

from evcnet.bulk_insert import refresh_statistics
from evcnet.codes import UID_SEPARATORS, key_sql, uid_key
from roaming.models import Partner, PartnerToken

Outcome = Literal["new", "updated", "unchanged", "outdated"]
Key = tuple[str, str]
"""The key of the uid, and the type."""
FIXED = ("provider_id", "partner_id", "uid", "type")
"""Columns that an update leaves as they were first given."""
GIVEN = (
    "contract_id", "visual_number", "issuer", "valid", "whitelist", "language", "group_id", "default_profile_type",
    "energy_supplier", "energy_contract",
)  # fmt: skip
COLUMNS = (*FIXED, *GIVEN, "last_updated")
_TABLE = PartnerToken._meta.db_table
_STAGE = f"stage_{_TABLE}"
_UPSERT = f"""
INSERT INTO {_TABLE} ({", ".join(COLUMNS)}) SELECT {", ".join(COLUMNS)} FROM {_STAGE}
ON CONFLICT (partner_id, ({key_sql("uid", UID_SEPARATORS)}), type) DO UPDATE
SET {", ".join(f"{name} = EXCLUDED.{name}" for name in (*GIVEN, "last_updated"))}
WHERE {_TABLE}.last_updated <= EXCLUDED.last_updated"""

_KEY = key_sql("n.uid", UID_SEPARATORS)
_STORED = f"SELECT n.* FROM unnest(%s::text[]) sent(key) JOIN {_TABLE} n ON n.partner_id = %s AND {_KEY} = sent.key"
_OTHERS = f"""
SELECT sent.key, p.name FROM unnest(%s::text[]) sent(key)
JOIN {_TABLE} n ON n.provider_id = %s AND {_KEY} = sent.key AND n.partner_id <> %s
JOIN roaming_partner p ON p.id = n.partner_id"""
"""Joined: thousands of keys in an IN are compared with each row one by one where statistics are old."""


@dataclass(frozen=True, slots=True)
class IncomingToken:
    """A token as the partner says it now: ``values`` are the columns of PartnerToken but provider and partner."""

    values: dict[str, Any]

    @property
    def key(self) -> Key:
        return uid_key(self.values["uid"]), self.values["type"]


@transaction.atomic
def take_tokens(partner: Partner, tokens: Sequence[IncomingToken], now: datetime) -> list[Outcome]:
    """What became of each, in their order. Of several with one key the latest counts, of equal moments the last."""
    dated = [_not_in_the_future(token, now) for token in tokens]
    latest: dict[Key, IncomingToken] = {}
    for token in dated:
        known = latest.get(token.key)
        if known is None or known.values["last_updated"] <= token.values["last_updated"]:
            latest[token.key] = token
    stored = stored_tokens(partner, latest)
    outcomes: list[Outcome] = [
        _outcome(token, stored.get(token.key)) if latest[token.key] is token else "outdated" for token in dated
    ]
    written = [token for token, outcome in zip(dated, outcomes, strict=True) if outcome != "outdated"]
    if written:
        _write(partner, written)
    return outcomes


def _not_in_the_future(token: IncomingToken, now: datetime) -> IncomingToken:
    return IncomingToken(token.values | {"last_updated": min(token.values["last_updated"], now)})


def stored_tokens(partner: Partner, keys: Iterable[Key]) -> dict[Key, PartnerToken]:
    """The rows of the partner's tokens that have these keys."""
    rows = PartnerToken.objects.raw(_STORED, [list({uid for uid, _ in keys}), partner.pk])
    return {(uid_key(row.uid), row.type): row for row in rows}


def _outcome(token: IncomingToken, row: PartnerToken | None) -> Outcome:
    if row is None:
        return "new"
    if token.values["last_updated"] < row.last_updated:
        return "outdated"
    return "unchanged" if all(getattr(row, name) == token.values[name] for name in GIVEN) else "updated"


def _write(partner: Partner, tokens: Sequence[IncomingToken]) -> None:
    names = ", ".join(COLUMNS)
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.execute(
            f"CREATE TEMPORARY TABLE IF NOT EXISTS {_STAGE} ON COMMIT DROP AS SELECT {names} FROM {_TABLE} WITH NO DATA"
        )
        cursor.execute(f"TRUNCATE {_STAGE}")
        with cursor.copy(f"COPY {_STAGE} ({names}) FROM STDIN") as copy:
            for token in tokens:
                copy.write_row((partner.provider_id, partner.pk, *(token.values[name] for name in COLUMNS[2:])))
        cursor.execute(_UPSERT)
    refresh_statistics(PartnerToken, len(tokens))


def tokens_of_others(partner: Partner, keys: Iterable[str]) -> dict[str, str]:
    """Which of these keys of uids other partners of the provider vouch for as well: the key, and a partner's name."""
    with connection.cursor() as cursor:
        cursor.execute(_OTHERS, [list(keys), partner.provider_id, partner.pk])
        return dict(cursor.fetchall())
