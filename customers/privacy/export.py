"""What does a customer get who asks what is held about them? One JSON text, written piece by piece."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from chargepoints.models import ChargePoint, Rating, Session
from customers.models import Customer
from customers.privacy.personal_data import Held
from evcnet.history import event_model, events_of, read

Told = dict[str, Any]
AT_ONCE = 500


class PersonalData:
    """``rows`` says how many rows each part has; ``pieces`` are the text. What other people did is told without them."""

    def __init__(self, customer: Customer, login: Any) -> None:
        self.customer, self.held = customer, Held(customer, login)
        self.parts: dict[str, tuple[Callable[[], int], Callable[[], Iterator[Told]]]] = {
            "cards": (self.held.cards.count, self._cards),
            "exceptions": (self.held.exceptions.count, self._exceptions),
            "charge_points": (self.held.points.count, self._points),
            "sessions": (self.held.sessions.count, self._sessions),
            "notices": (self.held.notices.count, self._notices),
            "history": (self._events, self._history),
        }

    @property
    def rows(self) -> dict[str, int]:
        return {"customer": 1} | {name: count() for name, (count, _) in self.parts.items()}

    def pieces(self) -> Iterator[str]:
        yield '{\n"customer": ' + _json(_customer(self.customer))
        for name, (_, told) in self.parts.items():
            yield f',\n"{name}": ['
            for number, row in enumerate(told()):
                yield (",\n" if number else "\n") + _json(row)
            yield "]"
        yield "\n}\n"

    def _cards(self) -> Iterator[Told]:
        names = ("uid", "visual_number", "type", "roaming", "status", "valid_from", "valid_until")
        yield from self.held.cards.order_by("pk").values(*names).iterator()

    def _exceptions(self) -> Iterator[Told]:
        for row in self.held.exceptions.order_by("pk").select_related("charge_group", "tariff"):
            yield {"charge_group": row.charge_group.code, "access": row.access} | {
                "tariff": row.tariff.code if row.tariff else None,
                "valid_from": row.valid_from,
                "valid_until": row.valid_until,
                "note": row.note,
            }

    def _points(self) -> Iterator[Told]:
        for point in self.held.points.order_by("pk").select_related("location"):
            yield {"identity": point.identity, "name": point.name, "location": _address(point)}

    def _sessions(self) -> Iterator[Told]:
        rows = self.held.sessions.order_by("pk").select_related("charge_point__location", "tariff_version__tariff")
        for session in rows.prefetch_related("ratings").iterator(chunk_size=AT_ONCE):
            yield _session(session)

    def _notices(self) -> Iterator[Told]:
        for notice in self.held.notices.order_by("pk").select_related("announcement").iterator():
            yield {"about": notice.announcement.about, "said_at": notice.announcement.created_at} | {
                name: getattr(notice, name) for name in ("effect", "before", "after", "state", "tried_at")
            }

    def _events(self) -> int:
        return sum(_manager(model).filter(pgh_obj__in=rows).count() for model, rows in self.held.history)

    def _history(self) -> Iterator[Told]:
        for model, rows in self.held.history:
            keys = list(_manager(model).filter(pgh_obj__in=rows).order_by("pgh_id").values_list("pgh_id", flat=True))
            for start in range(0, len(keys), AT_ONCE):
                events = events_of(model, rows).filter(pgh_id__in=keys[start : start + AT_ONCE]).order_by("pgh_id")
                for entry in read(model, list(events), self.held.login):
                    yield {
                        "at": entry.at,
                        "what": f"{entry.kind} {entry.verb}",
                        "name": entry.name,
                        "changes": [{"of": each.label, "from": each.old, "to": each.new} for each in entry.changes],
                    }


def _customer(customer: Customer) -> Told:
    names = ("number", "name", "kind", "email", "language", "payment", "status")
    said = {name: getattr(customer, name) for name in names}
    return said | {"user_group": customer.user_group.name, "provider": customer.provider.name}


def _session(session: Session) -> Told:
    names = ("started_at", "ended_at", "kwh", "parking_seconds", "card_uid", "verdict", "reason", "note")
    version = session.tariff_version
    return {
        "id": session.code,
        "charge_point": session.charge_point.identity,
        "location": _address(session.charge_point),
        **{name: getattr(session, name) for name in names},
        "tariff": version.tariff.code if version else None,
        "ratings": [_rating(rating) for rating in sorted(session.ratings.all(), key=lambda each: each.number)],
    }


def _rating(rating: Rating) -> Told:
    names = ("number", "created_at", "ended_at", "kwh", "parking_seconds", "currency", "excl_vat", "incl_vat")
    return {name: getattr(rating, name) for name in (*names, "lines", "reason")}


def _address(point: ChargePoint) -> str:
    place = point.location
    return ", ".join(filter(None, (place.address, place.postal_code, place.city, str(place.country)))) if place else ""


def _manager(model: Any) -> Any:
    return event_model(model)._base_manager  # type: ignore[union-attr]


def _json(value: Any) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)
