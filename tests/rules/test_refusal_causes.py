"""What the page says of a refusal whose line names several causes."""

from datetime import UTC, datetime

import pytest

from chargegroups.access import ACCESS_RULES, Facts, Policy, judge
from chargegroups.refusal_causes import cause_of

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
POINT = {"point_known": True, "point_status": "active", "point_in_group": True, "point_located": True}
CARD = {"card_known": True, "card_status": "active", "customer_status": "active"}


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        (POINT | CARD | {"point_status": "out_of_service"}, "The charge point is out of service."),
        (POINT | CARD | {"point_in_group": False}, "The charge point has no charge group."),
        (POINT | CARD | {"point_located": False}, "The charge point has no location."),
        (POINT | {"partner_vouches": True}, "The card's e-MSP says that it is not valid."),
        (POINT | CARD | {"card_status": "deactivated"}, "The card is blocked."),
        (POINT | CARD | {"card_status": "inactive"}, "The card is inactive."),
        (POINT | {"card_known": True, "card_status": "active"}, "No customer has this card."),
        (POINT | CARD | {"customer_status": "blocked"}, "The customer is blocked."),
        (POINT | CARD | {"customer_status": "deactivated"}, "The customer is deactivated."),
        (POINT | CARD | {"customer_status": "pending"}, ""),
        (
            POINT | CARD | {"policy": Policy(tariff_in_force=True)},
            "The charge group is open to nobody.",
        ),
        (
            POINT | CARD | {"policy": Policy(tariff_in_force=True, own_user_group=True), "same_provider": True},
            "The charge group is open to customers of its own user group only. An exception could let this customer in.",
        ),
    ],
)
def test_the_cause_that_holds_is_named_alone(facts, sentence):
    asked = Facts(at=NOW, **facts)
    assert cause_of(judge(asked).reason, asked) == sentence


def test_nobody_who_reads_no_more_than_the_verdict_is_told_a_cause():
    assert cause_of("card_not_accepted", Facts(at=NOW, **POINT, **CARD)) == ""
    assert all(cause_of(line.reason, Facts(at=NOW)) == "" for line in ACCESS_RULES if line.verdict == "ALLOWED")
