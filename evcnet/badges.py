"""Badges: one for each status, the same everywhere: a word with a shape; the colour comes third."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString

BADGES: dict[str, tuple[str, str, str]] = {
    # kind: word, shape, tone
    "free": ("Free of charge", "◆", "notice"),
    "home": ("Home", "▲", "plain"),
    "other": ("Other", "■", "plain"),
    "roaming": ("Roaming", "↔", "accent"),
    "social": ("Social charging", "◎", "accent"),
    "published": ("Published", "◉", "accent"),
    "unpublished": ("Not published", "◌", "plain"),
    "draft": ("Draft", "✎", "notice"),
    "scheduled": ("Scheduled", "▷", "notice"),
    "now": ("In force", "●", "good"),
    "past": ("Past", "◁", "plain"),
    "closed": ("Closed", "✕", "plain"),
    "active": ("Active", "●", "good"),
    "inactive": ("Inactive", "○", "plain"),
    "out_of_service": ("Out of service", "▼", "bad"),
    "available": ("Available", "○", "good"),
    "occupied": ("Occupied", "◐", "notice"),
    "charging": ("Charging", "◉", "accent"),
    "unavailable": ("Unavailable", "▽", "plain"),
    "faulted": ("Faulted", "✕", "bad"),
    "offline": ("Offline", "◌", "bad"),
    "pending": ("Waits for approval", "◔", "notice"),
    "blocked": ("Blocked", "✕", "bad"),
    "deactivated": ("Deactivated", "○", "plain"),
    "erased": ("Erased", "✕", "plain"),
    "allowed": ("Allowed", "✓", "good"),
    "denied": ("Denied", "✕", "bad"),
    "not_allowed": ("Not allowed", "✕", "bad"),
    "expired": ("Expired", "◷", "bad"),
    "unknown": ("Unknown", "?", "notice"),
    "warning": ("Warning", "▲", "notice"),
    "information": ("Worth knowing", "◇", "plain"),
    "corrected": ("Corrected", "↻", "notice"),
    "policy": ("As the policy says", "=", "plain"),
    "loses_access": ("Lose access", "✕", "bad"),
    "gains_access": ("Gain access", "✓", "good"),
    "pays_more": ("Pay more", "▲", "notice"),
    "pays_less": ("Pay less", "▼", "good"),
    "differs": ("Pay otherwise", "◆", "notice"),
    "renamed": ("Only another name", "=", "plain"),
    "unchanged": ("Notice nothing", "·", "plain"),
    "applied": ("Applied", "●", "good"),
    "cancelled": ("Cancelled", "✕", "plain"),
    "awaiting": ("Waits for approval", "◔", "notice"),
    "asked": ("Approval asked for", "◔", "notice"),
    "approved": ("Approved", "✓", "good"),
    "back": ("Not approved", "↩", "notice"),
    "discarded": ("Discarded", "✕", "plain"),
    "outdated": ("Changed since", "↻", "notice"),
    "undone": ("Undone", "↺", "notice"),
    "unread": ("New", "●", "accent"),
    "read": ("Read", "○", "plain"),
    "queued": ("Waits to be mailed", "◔", "notice"),
    "sent": ("Mailed", "✓", "good"),
    "failed": ("Could not be mailed", "✕", "bad"),
    "withdrawn": ("Withdrawn, not mailed", "○", "plain"),
    "waiting": ("Waits", "◔", "notice"),
    "running": ("Running", "◐", "accent"),
    "done": ("Done", "✓", "good"),
    "partner_none": ("Not connected", "○", "plain"),
    "partner_invited": ("Waits for the partner", "◔", "notice"),
    "partner_registered": ("Connected", "●", "good"),
    "partner_ended": ("Ended", "✕", "plain"),
    "valid": ("Valid", "●", "good"),
    "not_valid": ("Not valid", "✕", "bad"),
    "yes": ("Yes", "✓", "good"),
    "no": ("No", "✕", "bad"),
    "on": ("On", "●", "good"),
    "off": ("Off", "○", "plain"),
}


def two_lines(first: str, second: str) -> SafeString:
    """A name in a list, and below it what helps to tell it from others; nothing below where there is no more to say."""
    if not second or second == first:
        return format_html("{}", first)
    return format_html('{}<span class="evc-below">{}</span>', first, second)


def badge(kind: str, word: str = "") -> SafeString:
    """The badge of a kind; one that is not known shows as its own name."""
    known, shape, tone = BADGES.get(kind, (kind.replace("_", " ").capitalize(), "■", "plain"))
    return format_html(
        '<span class="evc-badge is-{}"><span aria-hidden="true">{}</span> {}</span>', tone, shape, word or known
    )
