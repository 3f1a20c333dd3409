"""Permission to make a change, asked for at every step, whatever page the proposal came from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db import models

from changes.models import Change
from changes.proposals import CustomerMoves, ExceptionChanges, NewTerms, NewVersion, Proposal, TermsOfMany
from changes.proposals.points import PointMoves
from changes.proposals.versions import groups_naming
from chargegroups.models import ChargeGroup, Terms
from chargegroups.terms import SLOTS
from chargepoints.models import ChargePoint
from customers.models import Customer, StaffMember, UserGroup
from evcnet.tenancy import visible_rows
from tariffs.models import Tariff

OUT_OF_SIGHT = "not shown: it concerns charge groups that you do not see, too"


def partly_visible(login: StaffMember, changes: Iterable[Change]) -> set[int]:
    """Those of the changes, by id, of whose charge groups some are out of sight: their counts tell of others' customers."""
    return set(out_of_sight(login, changes))


def out_of_sight(login: StaffMember, changes: Iterable[Change]) -> models.QuerySet[Any, Any]:
    """The ids of those changes, as a queryset."""
    visible = ChargeGroup.objects.visible_to(login).values("pk")
    ties = Change.groups.through.objects.filter(change__in=[change.pk for change in changes])
    ids: models.QuerySet[Any, Any] = ties.exclude(chargegroup__in=visible).values_list("change", flat=True)
    return ids


def may_make(login: StaffMember, proposal: Proposal) -> bool:
    """Fails closed: a kind of change that is not named here is nobody's."""
    if isinstance(proposal, NewTerms | TermsOfMany):
        return may_change_terms(login, *proposal.groups) and _knows_tariffs(login, proposal.parts)
    if isinstance(proposal, NewVersion):
        return _may_price(login, proposal.tariff)
    if isinstance(proposal, ExceptionChanges):
        return _may_except(login, proposal)
    if isinstance(proposal, CustomerMoves):
        reaches_groups = _all_within(login, UserGroup, "view", [group.pk for group in proposal.user_groups])
        return reaches_groups and _all_within(login, Customer, "change", proposal.customers or ())
    if isinstance(proposal, PointMoves):
        return _may_move(login, proposal)
    return False


def _may_price(login: StaffMember, tariff: Tariff) -> bool:
    """Its prices are the login's to set, and those of every charge group that pays by it."""
    if not login.has_perm("tariffs.change_tariff", tariff):
        return False
    # What is the provider's is changed by logins of the whole provider alone.
    return tariff.user_group_id is None or _holds_at(login, "chargegroups.add_terms", groups_naming(tariff))


def may_change_terms(login: StaffMember, *groups: ChargeGroup) -> bool:
    return _holds_at(login, "chargegroups.add_terms", groups)


def may_change_exceptions(login: StaffMember, groups: Iterable[ChargeGroup], action: str = "change") -> bool:
    return _holds_at(login, f"chargegroups.{action}_customerexception", groups)


def _may_except(login: StaffMember, proposal: ExceptionChanges) -> bool:
    removes = any(row.removed for row in proposal.rows)
    actions = ("add", "change", "delete") if removes else ("add", "change")
    known = all(may_change_exceptions(login, proposal.groups, action) for action in actions)
    return known and _all_within(login, Customer, "view", proposal.customers)


def _may_move(login: StaffMember, proposal: PointMoves) -> bool:
    """Rows that are there are changed; those that arise with the change are added, where that is allowed."""
    points = [move.point.pk for move in proposal.moves if not proposal.arises(move.point)]
    new = [move.to for move in proposal.moves if proposal.arises(move.point) and move.to is not None]
    groups = [group.pk for group in proposal.groups if not proposal.arises(group)]
    known = _all_within(login, ChargePoint, "change", points) and _all_within(login, ChargeGroup, "change", groups)
    added = all(_may_add(login, group) for group in proposal.groups if proposal.arises(group))
    return known and added and (not new or _holds_at(login, "chargepoints.add_chargepoint", new))


def leaving_sight(login: StaffMember, proposal: Proposal) -> list[str]:
    """What a login of single user groups hears before charge points leave all groups: they leave its sight as well."""
    if not isinstance(proposal, PointMoves):
        return []
    many = sum(move.to is None for move in proposal.moves)
    if not many or login.scope("chargepoints.view_chargepoint").within(proposal.provider_id) is None:
        return []
    what, them = ("the charge point", "it") if many == 1 else (f"the {many:,} charge points", "them")
    return [
        f"You won't see {what} any more: only logins of the whole provider do, and attach {them} again or undo this."
    ]


def _may_add(login: StaffMember, group: ChargeGroup) -> bool:
    limits = login.scope("chargegroups.add_chargegroup").within(group.provider_id)
    return limits is None or group.user_group_id in limits


def _holds_at(login: StaffMember, permission: str, groups: Iterable[ChargeGroup]) -> bool:
    """Does the permission on a row that hangs on a charge group reach these groups?"""
    keys = {group.pk for group in groups}
    scope = login.scope(permission)
    matches = ChargeGroup.objects.filter(ChargeGroup.tenancy.clause(ChargeGroup, scope), pk__in=keys)
    return bool(scope) and matches.count() == len(keys)


def _all_within(login: StaffMember, model: type[models.Model], action: str, keys: Collection[int]) -> bool:
    distinct = set(keys)
    return bool(visible_rows(model, login, action).filter(pk__in=distinct).distinct().count() == len(distinct))


def _knows_tariffs(login: StaffMember, parts: Sequence[NewTerms]) -> bool:
    """Of each group those that the login may use, and those that the group's terms have named before."""
    named = set[int]().union(*(part.named_tariffs for part in parts))
    offered = set(Tariff.objects.visible_to(login, "use").filter(pk__in=named).values_list("pk", flat=True))
    rows = Terms.objects.filter(charge_group__in=[part.group.pk for part in parts]).order_by()
    past: dict[int, set[int]] = defaultdict(set)
    for group, *slots in rows.values_list("charge_group_id", *(f"{slot}_id" for slot in SLOTS)).distinct():
        past[group].update(slots)
    return all(part.named_tariffs <= offered | past[part.group.pk] for part in parts)


def may_cancel(login: StaffMember, change: Change) -> bool:
    """Who may make such a change may take it back; only terms and tariff versions are ever scheduled."""
    if change.tariff is not None:
        return _may_price(login, change.tariff)
    return change.kind == Change.Kind.TERMS and _holds_at(login, "chargegroups.add_terms", change.groups.all())
