"""How does OCPI write a moment? In UTC, and in 25 characters: so down to the millisecond."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

MILLISECOND = timedelta(milliseconds=1)


def written_moment(moment: datetime) -> str:
    """The next whole millisecond: what began at the moment has begun by then."""
    beyond = moment.microsecond % 1_000
    whole = moment.astimezone(UTC) + (MILLISECOND - timedelta(microseconds=beyond) if beyond else timedelta())
    text = whole.isoformat(timespec="milliseconds" if whole.microsecond else "seconds")
    return text.removesuffix("+00:00") + "Z"
