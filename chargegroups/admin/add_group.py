"""Adding a charge group, with its first terms and, if wanted, its charge points."""

from __future__ import annotations

from django.contrib import messages

from changes.apply import apply_now
from changes.models import Way
from changes.proposals import Inapplicable
from changes.proposals.points import PointMoves
from chargegroups.terms import SLOTS, SWITCHES
from chargegroups.writes import create_group
from evcnet.admin.forms import PortalForm
from evcnet.admin.requests import StaffRequest
from evcnet.errors import DomainError

FIELDSETS = [
    ("Data", {"fields": ["code", "name", "type", "user_group", "additional_information"]}),
    (
        "Tariff",
        {
            "fields": [*SLOTS, "free_for_everyone"],
            "description": "Every group has a tariff. Charging for free is a tariff that says so.",
        },
    ),
    (
        "Who may charge",
        {
            "fields": [*SWITCHES, "nobody_yet"],
            "description": "Exceptions for single customers are added once the group exists.",
        },
    ),
    ("From when, and where", {"fields": ["valid_from", "points"]}),
]


def add_group(request: StaffRequest, form: PortalForm) -> None:
    """Save the group with its first terms and attach its charge points: all of it or nothing."""
    answers = form.cleaned_data
    terms = {name: answers[name] for name in (*SLOTS, *SWITCHES)}
    create_group(form.instance, valid_from=answers["valid_from"], **terms)
    chosen = answers["points"]
    if not chosen:
        return
    try:
        change = apply_now(PointMoves.to(chosen, form.instance), way=Way.FORM, by=request.user)
    except Inapplicable as error:
        raise DomainError(f"Not every charge point can be attached. {error}", "points") from error
    messages.success(request, f"Done: {change}.")
