"""Whitelists of tokens: whether their e-MSP is asked, and what counts where it does not answer. Pure."""

from __future__ import annotations

from typing import Literal

from chargegroups.access import PartnerSays

Whitelist = Literal["ALWAYS", "ALLOWED", "ALLOWED_OFFLINE", "NEVER"]
Answer = Literal["ALLOWED", "BLOCKED", "EXPIRED", "NO_CREDIT", "NOT_ALLOWED"]
"""What an e-MSP answers (OCPI: AllowedType)."""
TIMEOUT = 5.0
"""So many seconds an e-MSP has to answer."""


def is_asked(whitelist: Whitelist, *, valid: bool) -> bool:
    """Is the e-MSP asked about the token, once everything else allows it? A stored "not valid" does not spare the question."""
    return whitelist in ("ALLOWED_OFFLINE", "NEVER") or (whitelist == "ALLOWED" and not valid)


def partner_says(whitelist: Whitelist, answer: Answer | None) -> PartnerSays | None:
    """What counts of the answer; ``answer`` None: there was none in time. None: the stored token decides."""
    if answer is not None:
        return "allowed" if answer == "ALLOWED" else "refused"
    return "not_reached" if whitelist == "NEVER" else None
