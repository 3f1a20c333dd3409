"""Whom the whitelist of a token asks, and what counts of the answer (docs/terms.md, Asking the e-MSP). No database."""

from roaming.whitelist import is_asked, partner_says
from tests.tables import for_each


@for_each(
    ("whitelist", "valid", "asked"),
    [
        ("ALWAYS", True, False),
        ("ALWAYS", False, False),
        ("ALLOWED", True, False),
        ("ALLOWED", False, True),
        ("ALLOWED_OFFLINE", True, True),
        ("ALLOWED_OFFLINE", False, True),
        ("NEVER", True, True),
        ("NEVER", False, True),
    ],
)
def test_the_e_msp_is_asked_as_the_token_says(whitelist, valid, asked):
    assert is_asked(whitelist, valid=valid) == asked


@for_each(
    ("whitelist", "answer", "counts"),
    [
        ("NEVER", "ALLOWED", "allowed"),
        ("ALLOWED", "ALLOWED", "allowed"),
        ("NEVER", "BLOCKED", "refused"),
        ("ALLOWED_OFFLINE", "EXPIRED", "refused"),
        ("ALLOWED_OFFLINE", "NO_CREDIT", "refused"),
        ("ALLOWED", "NOT_ALLOWED", "refused"),
        ("NEVER", None, "not_reached"),
        ("ALLOWED_OFFLINE", None, None),
        ("ALLOWED", None, None),
    ],
)
def test_without_an_answer_the_stored_token_decides_but_for_never(whitelist, answer, counts):
    assert partner_says(whitelist, answer) == counts
