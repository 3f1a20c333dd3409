"""Push of locations and tariffs to a partner: what changed since the last time, and what it does not see any more.

A try that fails is taken up where it stopped; what was sent is not sent again, since its fingerprint is kept. An object
that the partner refuses stops no other.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from django.utils import timezone

from evcnet.datetimes import database_clock
from evcnet.json_numbers import json_number
from roaming.models import PartnerConnection, PushedObject, PushState
from roaming.ocpi.partner_view import PartnerView
from roaming.partner_client import PartnerNotReached, call_partner
from tariffs.ocpi.fields import format_moment

Kind = PushedObject.Kind
PAGE = 100
OVERLAP = timedelta(minutes=2)
"""What was written in a transaction that ended after the last look is met by looking back so far."""
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)
OF_THE_CONNECTION = frozenset({401, 403, 404, 405, 408, 429})
"""HTTP statuses that say something of the connection; others below 500 refuse the one object."""


def push_changes(connection: PartnerConnection) -> Counter[str]:
    """How many objects were sent, refused and removed. Never raises for what the partner does: the next try is noted."""
    state, _ = PushState.objects.get_or_create(
        connection=connection, defaults={"provider": connection.provider, "partner": connection.partner}
    )
    run = PartnerPush(connection)
    began = database_clock()
    try:
        run.push_tariffs()
        run.push_locations(state.done_until and state.done_until - OVERLAP)
    except PartnerNotReached as error:
        _note_failure(state, error)
    else:
        state.done_until, state.failures, state.next_at, state.error = began, 0, None, ""
        state.save()
    return run.counts


def push_statuses(connection: PartnerConnection) -> Counter[str]:
    """The locations that changed since the last whole run, which is left to say how far the partner is; nothing before the
    first one, and after one that failed. Never raises for what the partner does."""
    run = PartnerPush(connection)
    state = PushState.objects.filter(connection=connection, failures=0).exclude(done_until=None).first()
    if state is not None:
        try:
            run.send_locations(state.done_until - OVERLAP)
        except PartnerNotReached as error:
            _note_failure(state, error)
    return run.counts


def _note_failure(state: PushState, error: PartnerNotReached) -> None:
    """Waits twice as long each time; as long as the partner asks for where it says so."""
    wait = min(FIRST_WAIT * 2 ** min(state.failures, 10), LONGEST_WAIT)
    if error.retry_after is not None:
        wait = max(wait, timedelta(seconds=min(error.retry_after, 86_400)))
    state.failures, state.next_at, state.error = state.failures + 1, timezone.now() + wait, str(error)[:300]
    state.save()


class PartnerPush:
    """One run for one partner."""

    def __init__(self, connection: PartnerConnection) -> None:
        self.connection, self.partner = connection, connection.partner
        self.view = PartnerView(connection.partner, connection.version)
        self.counts: Counter[str] = Counter()

    def push_tariffs(self) -> None:
        objects = self.view.export_tariffs().objects
        self._send(Kind.TARIFF, objects)
        gone = self._stored(Kind.TARIFF).exclude(code__in=[each["id"] for each in objects])
        for row in gone:
            self._remove(row, [("DELETE", "", None)])

    def push_locations(self, since: Any) -> None:
        """``since`` None: all of them."""
        self.send_locations(since)
        for row in self._stored(Kind.LOCATION).exclude(code__in=self.view.locations().values("code")):
            removed = {"status": "REMOVED", "last_updated": format_moment(timezone.now().replace(microsecond=0))}
            self._remove(row, [("PATCH", f"/{quote(uid, safe='')}", removed) for uid in row.evses])

    def send_locations(self, since: Any) -> None:
        """Those that the partner sees."""
        rows = self.view.locations(since).order_by("pk")
        last = 0
        while page := list(rows.filter(pk__gt=last)[:PAGE]):
            self._send(Kind.LOCATION, self.view.write_locations(page))
            last = page[-1].pk

    def _stored(self, kind: str) -> Any:
        return PushedObject.objects.filter(partner=self.partner, kind=kind)

    def _send(self, kind: str, objects: Iterable[dict[str, Any]]) -> None:
        """Those that the partner does not have as they are."""
        objects = list(objects)
        known = {each.code: each for each in self._stored(kind).filter(code__in=[each["id"] for each in objects])}
        for each in objects:
            fingerprint, row = _fingerprint(_without_statuses(each)), known.get(each["id"])
            if row is not None and row.fingerprint == fingerprint and self._send_statuses(row, each):
                continue
            if self._ask("PUT", kind, each["id"], "", each):
                self._keep(kind, each, fingerprint)

    def _send_statuses(self, row: PushedObject, location: dict[str, Any]) -> bool:
        """Those of its EVSEs that are others than the partner has; False where it does not take one of them."""
        for evse in location.get("evses", []):
            uid, changed = evse["uid"], {name: evse[name] for name in ("status", "last_updated")}
            if row.statuses.get(uid) == evse["status"]:
                continue
            if not self._ask("PATCH", row.kind, row.code, f"/{quote(uid, safe='')}", changed):
                return False
            row.statuses[uid] = evse["status"]
            row.save(update_fields=["statuses"])
        return True

    def _keep(self, kind: str, sent: dict[str, Any], fingerprint: str) -> None:
        evses = sent.get("evses", [])
        values = {
            "fingerprint": fingerprint,
            "evses": [each["uid"] for each in evses],
            "statuses": {each["uid"]: each["status"] for each in evses},
            "sent_at": timezone.now(),
            "provider": self.partner.provider,
        }
        PushedObject.objects.update_or_create(partner=self.partner, kind=kind, code=sent["id"], defaults=values)

    def _remove(self, row: PushedObject, requests: Iterable[tuple[str, str, Any]]) -> None:
        for method, below, body in requests:
            self._ask(method, row.kind, row.code, below, body, counted="removed")
        row.delete()

    def _ask(self, method: str, kind: str, code: str, below: str, body: Any, counted: str = "sent") -> bool:
        """False where the partner refuses the object. Raises PartnerNotReached for all else, and where it has no endpoint
        nothing is asked."""
        url = self.connection.endpoint(kind, "RECEIVER")
        if url is None:
            return False
        provider = self.partner.provider
        party = f"{provider.country_code.code}/{provider.party_id}"
        address = f"{url.rstrip('/')}/{party}/{quote(code, safe='')}{below}"
        try:
            call_partner(self.connection, method, address, token=self.connection.partner_token, body=body)
        except PartnerNotReached as error:
            if error.status is None or error.status >= 500 or error.status in OF_THE_CONNECTION - _MISSING[method]:
                raise
            self.counts["refused"] += 1
            return False
        self.counts[counted] += 1
        return True


_MISSING: dict[str, frozenset[int]] = {
    "PUT": frozenset(),
    "PATCH": frozenset({404, 405}),
    "DELETE": frozenset({404, 405}),
}
"""Statuses of a partner that does not have what is to be changed or removed, or does not do that."""


def _without_statuses(sent: dict[str, Any]) -> dict[str, Any]:
    """What is left of an object without what its devices say, and the moments that move with it."""
    if "evses" not in sent:
        return sent
    evses = [{name: each[name] for name in each if name not in _MOVES} for each in sent["evses"]]
    return {name: each for name, each in sent.items() if name != "last_updated"} | {"evses": evses}


_MOVES = frozenset({"status", "last_updated"})


def _fingerprint(sent: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(sent, sort_keys=True, default=json_number).encode()).hexdigest()
