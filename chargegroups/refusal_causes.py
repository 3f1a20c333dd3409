"""Causes of refusals: which of the things that a line of the access rules names is the one that holds. Pure."""

from __future__ import annotations

from chargegroups.access import Facts, Policy


def cause_of(reason: str, facts: Facts) -> str:
    """One sentence; empty where the line itself says it all. Never for whoever may read no more than the verdict."""
    if reason == "charge_point_not_active":
        return _of_point(facts)
    if reason == "card_not_active":
        return _of_card(facts)
    if reason == "customer_blocked":
        return f"The customer is {facts.customer_status}."
    return _who_may(facts.policy, facts.same_provider) if reason == "no_access" and facts.policy is not None else ""


def _of_point(facts: Facts) -> str:
    if facts.point_status != "active":
        return f"The charge point is {facts.point_status.replace('_', ' ')}."
    missing = "location" if facts.point_in_group else "charge group"
    return f"The charge point has no {missing}."


def _of_card(facts: Facts) -> str:
    if not facts.card_known:
        return "The card's e-MSP says that it is not valid."
    if facts.customer_status is None:
        return "No customer has this card."
    return "The card is blocked." if facts.card_status == "deactivated" else "The card is inactive."


def _who_may(policy: Policy, same_provider: bool) -> str:
    """Of the charge group, so that it tells nothing of the card. Only its own provider's customers get exceptions."""
    open_to = [
        ("customers of its own user group", policy.own_user_group),
        ("customers of the provider's other user groups", policy.other_user_groups),
        ("roaming cards", policy.roaming),
    ]
    named = [who for who, is_open in open_to if is_open]
    who = f"to {' and '.join(named)} only" if named else "to nobody"
    remedy = " An exception could let this customer in." if same_provider else ""
    return f"The charge group is open {who}.{remedy}"
