"""Tenancy: whose the rows of a model are, and the one queryset method by which a login sees its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

READING = ("view", "use")
"""Actions that leave a row as it is: to see it, and to name it elsewhere."""


@dataclass(frozen=True)
class Scope:
    """What a login may reach with one permission: whole providers, single user groups, or the platform.

    ``above`` are the user groups above the single ones: what those keep for all below them is read and used there.
    """

    providers: frozenset[int] = frozenset()
    user_groups: frozenset[int] = frozenset()
    platform: bool = False
    above: frozenset[int] = frozenset()

    def within(self, provider: int) -> list[int] | None:
        """The user groups of the provider to which it is limited; None where it reaches all of the provider."""
        return None if self.platform or provider in self.providers else sorted(self.user_groups)

    def __bool__(self) -> bool:
        return bool(self.providers or self.user_groups or self.platform)


class Login(Protocol):
    is_active: bool

    @property
    def pk(self) -> int: ...

    def scope(self, permission: str) -> Scope: ...


@dataclass(frozen=True)
class Tenancy:
    """How a model's rows hang on a provider and, below it, on user groups.

    ``provider`` is the lookup of the provider's id, ``also`` are lookups of further providers that see the row.
    ``user_groups`` are lookups of user group ids, or of an array of them, any of which lets a login of that user group see the row; without one
    only logins of the whole provider do. Where it differs, ``users`` are those by which the row may be named elsewhere
    (the action "use"), and ``owners`` those by which it is added, changed and removed. ``inherited`` are lookups of user
    groups whose rows are seen and used by all below them.
    """

    provider: str = "provider_id"
    also: tuple[str, ...] = ()
    user_groups: tuple[str, ...] = field(default=())
    users: tuple[str, ...] | None = None
    owners: tuple[str, ...] | None = None
    inherited: tuple[str, ...] = ()

    def clause(self, model: type[models.Model], scope: Scope, action: str = "view") -> Q:
        if scope.platform:
            return Q()
        allowed = Q(pk__in=[])
        if scope.providers:
            for lookup in (self.provider, *self.also):
                allowed |= _within(model, lookup, scope.providers)
        if scope.user_groups:
            for lookup in self._lookups(action):
                allowed |= _within(model, lookup, scope.user_groups)
        if scope.above and action in READING:
            for lookup in self.inherited:
                allowed |= _within(model, lookup, scope.above)
        return allowed

    def _lookups(self, action: str) -> tuple[str, ...]:
        if action == "use" and self.users is not None:
            return self.users
        return self.user_groups if self.owners is None or action in READING else self.owners


def _within(model: type[models.Model], lookup: str, ids: frozenset[int]) -> Q:
    """Where the lookup crosses to many rows, a subquery: joined, a row would come once for each of them."""
    crosses_to_many, is_array = _kind(model, lookup)
    clause = Q(**{f"{lookup}__overlap": list(ids)}) if is_array else Q(**{f"{lookup}__in": ids})
    return Q(pk__in=model._base_manager.filter(clause).values("pk")) if crosses_to_many else clause


def _kind(model: type[models.Model], lookup: str) -> tuple[bool, bool]:
    """Does the lookup cross to many rows, and does it end at an array of ids?"""
    related: Any = model
    *path, last = lookup.split("__")
    for name in path:
        crossed = related._meta.get_field(name)
        if crossed.one_to_many or crossed.many_to_many:
            return True, False
        related = crossed.related_model
    return False, any(each.name == last and isinstance(each, ArrayField) for each in related._meta.fields)


class NotScoped(TypeError):
    """A model was listed for a login without saying whose its rows are."""


class ScopedQuerySet(models.QuerySet[Any]):
    """Rows that know whose they are. A model without ``tenancy`` fails loudly instead of showing everything."""

    def visible_to(self, login: Login, action: str = "view") -> Any:
        """The rows on which this login may do ``action`` (view, use, add, change, delete); none for a stranger."""
        tenancy = getattr(self.model, "tenancy", None)
        if tenancy is None:
            raise NotScoped(f"{self.model.__name__} does not say whose its rows are: give it a `tenancy`.")
        if not login.is_active or not hasattr(login, "scope"):
            return self.none()
        meta = self.model._meta
        scope = login.scope(f"{meta.app_label}.{action}_{meta.model_name}")
        return self.filter(tenancy.clause(self.model, scope, action)) if scope else self.none()


def visible_rows(model: type[models.Model], login: Login, action: str = "view") -> Any:
    """``visible_to`` of a model that is known at run time only. Raises AttributeError where its manager has none."""
    manager: Any = model._default_manager
    return manager.visible_to(login, action)


def usable_rows(model: type[models.Model], login: Login) -> Any:
    """The rows that a row of this login may name: those that it sees, where the model asks no more for that."""
    tenancy: Tenancy | None = getattr(model, "tenancy", None)
    return visible_rows(model, login, "use" if tenancy is not None and tenancy.users is not None else "view")


def visible_order(login: Login, model: type[models.Model], open_relations: tuple[str, ...], order: Any) -> Any:
    """``-owner__name`` as an order in which rows whose owner the login does not see stand last, by nothing.

    Other orders, and those by one of ``open_relations``, stay as they are, and so do all of a login of whole providers.
    """
    if not isinstance(order, str):
        return order
    name = order.lstrip("-")
    relation = name.partition("__")[0]
    field = next((each for each in model._meta.concrete_fields if each.is_relation and each.name == relation), None)
    target = None if field is None else field.related_model
    if target is None or relation in open_relations or not hasattr(target, "tenancy"):
        return order
    related = target._meta
    if not login.scope(f"{related.app_label}.view_{related.model_name}").user_groups:
        return order
    within = visible_rows(target, login).values("pk")
    first = name if "__" in name else f"{name}__{str((related.ordering or ['pk'])[0]).lstrip('-')}"
    path = models.Case(models.When(**{f"{relation}__in": within}, then=first))
    return path.desc(nulls_last=True) if order.startswith("-") else path.asc(nulls_last=True)


ScopedManager = models.Manager.from_queryset(ScopedQuerySet)
