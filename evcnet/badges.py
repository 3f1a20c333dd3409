"""How is a status shown? A word with a shape, the same everywhere; colour comes third."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString

# kind: its shape, and the mood of its colour (both in static/evcnet/pieces.css).
_LOOKS = {
    "active": ("disc", "good"),
    "allowed": ("disc", "good"),
    "published": ("disc", "good"),
    "inactive": ("ring", "quiet"),
    "unpublished": ("ring", "quiet"),
    "closed": ("ring", "quiet"),
    "other": ("ring", "quiet"),
    "deactivated": ("cross", "quiet"),
    "denied": ("cross", "bad"),
    "blocked": ("square", "bad"),
    "pending": ("half", "warn"),
    "out_of_service": ("triangle", "warn"),
    "free": ("star", "warn"),
    "scheduled": ("hourglass", "told"),
    "roaming": ("arrows", "told"),
    "home": ("house", "told"),
}
_WORDS = {"free": "Free of charge", "home": "Home", "roaming": "Roaming", "scheduled": "Scheduled"}


def badge(kind: str, word: str | None = None) -> SafeString:
    """``kind`` is one of the statuses and marks above; ``word`` where it should read otherwise."""
    shape, mood = _LOOKS.get(kind, ("ring", "quiet"))
    text = word or _WORDS.get(kind) or kind.replace("_", " ")
    return format_html(
        '<span class="evc-badge evc-{}"><i class="evc-shape evc-{}" aria-hidden="true"></i>{}</span>',
        mood,
        shape,
        text[:1].upper() + text[1:],
    )
