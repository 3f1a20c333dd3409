"""Scope of an import or export: what may be read and written in the name of a login, or of the operator's commands."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.db import models
from django.db.models import Q

from customers.models import Provider, StaffMember, UserGroup
from customers.own_rows import adds_for_provider, user_groups_for
from customers.provider_lookup import ProviderRequired
from evcnet.errors import DomainError
from evcnet.tenancy import usable_rows, visible_rows


class FileScope:
    """``login`` is None for commands: whoever may start them may do everything."""

    def __init__(self, login: StaffMember | None = None) -> None:
        self.login = login
        self._visible: dict[type[models.Model], frozenset[int] | None] = {}

    def rows(self, model: type[models.Model], action: str = "view") -> Any:
        return model._default_manager.all() if self.login is None else visible_rows(model, self.login, action)

    def usable(self, model: type[models.Model]) -> Any:
        """The rows that a row of a file may name."""
        return model._default_manager.all() if self.login is None else usable_rows(model, self.login)

    def may(self, model: type[models.Model], action: str) -> bool:
        return self.login is None or self.login.has_perm(_permission(model, action))

    def limits(self, model: type[models.Model], action: str, provider: Provider) -> list[int] | None:
        """The user groups of the provider to which the login is limited; None where it reaches all of the provider."""
        return None if self.login is None else self.login.scope(_permission(model, action)).within(provider.pk)

    def own_user_group(self, model: type[models.Model]) -> UserGroup | None:
        """That of a new row which names none: nobody's where the login adds rows for the provider, else its only one.

        Raises DomainError where the file has to name it.
        """
        if self.login is None or adds_for_provider(self.login, model):
            return None
        choices: list[UserGroup] = list(user_groups_for(self.login, model)[:2])
        if len(choices) != 1:
            raise DomainError("Say whose it is: write the code of one of your user groups.", "user_group")
        return choices[0]

    def shows(self, other: Any) -> bool:
        """May this row, to which a row within the scope points, be named? A user group's login doesn't see all of them."""
        if self.login is None or other is None:
            return True
        model = type(other)
        scope = self.login.scope(_permission(model, "view"))
        if scope.platform or getattr(other, "provider_id", None) in scope.providers:
            return True
        if model not in self._visible:
            self._visible[model] = frozenset(self.rows(model).values_list("pk", flat=True))
        return other.pk in (self._visible[model] or ())

    @cached_property
    def providers(self) -> dict[str, Provider]:
        """Those at which the login holds a role, by code."""
        if self.login is None:
            return {each.code: each for each in Provider.objects.all()}
        return {each.code: each for each in self.login.providers}

    def writable(self, model: type[models.Model]) -> dict[str, Provider]:
        """The providers whose rows of this model may be added or changed."""
        if self.login is None:
            return self.providers
        scopes = [self.login.scope(_permission(model, action)) for action in ("add", "change")]
        clause = Q(pk__in=[])
        for scope in scopes:
            clause |= Q(pk__in=scope.providers) | Q(usergroup__in=scope.user_groups)
        return {each.code: each for each in Provider.objects.filter(clause).distinct()}


def the_provider(providers: dict[str, Provider], code: str | None) -> Provider | None:
    """The one that ``code`` names, else the only one there is; None where a file has to say it row by row. Raises
    ProviderRequired for a code that is none of these."""
    if code:
        if code not in providers:
            raise ProviderRequired(
                f"There is no provider {code}: name one of {', '.join(sorted(providers)) or 'none'}."
            )
        return providers[code]
    return next(iter(providers.values())) if len(providers) == 1 else None


def _permission(model: type[models.Model], action: str) -> str:
    return f"{model._meta.app_label}.{action}_{model._meta.model_name}"
