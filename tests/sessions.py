"""Recorded sessions as tests read them: ``record(world, "S1", at="2026-03-02T09:00", kwh="20")``."""

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from chargepoints.models import Session
from chargepoints.session_recorder import Recorder

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def record(world, code, *, at="2026-03-02T09:00", minutes=120, kwh="20", parking=0, card=None, point=None):
    """A session decided and rated as an import does it; half of the tests would else be about files."""
    start = datetime.fromisoformat(at).replace(tzinfo=AMSTERDAM)
    session = Session(
        provider=(point or world.market).provider,
        code=code,
        charge_point=point or world.market,
        card_uid=world.jansens_card.uid if card is None else getattr(card, "uid", card),
        started_at=start,
        ended_at=start + timedelta(minutes=minutes),
        kwh=Decimal(kwh),
        parking_seconds=parking,
    )
    rating = Recorder(session.provider).record(session)
    session.save()
    if rating is not None:
        rating.session = session
        rating.save()
    return session
