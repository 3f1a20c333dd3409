"""Rows that are the provider's, or a user group's own: for whom a login may add them."""

from __future__ import annotations

from typing import Any

from django.db import models

from customers.models import StaffMember, UserGroup


def adds_for_provider(login: StaffMember, model: type[models.Model]) -> bool:
    """Does the login add rows of the model that belong to no user group, at any provider?"""
    return bool(login.scope(_add(model)).providers)


def user_groups_for(login: StaffMember, model: type[models.Model]) -> Any:
    """The user groups for which the login adds rows of the model."""
    return UserGroup.objects.filter(UserGroup.tenancy.clause(UserGroup, login.scope(_add(model))))


def _add(model: type[models.Model]) -> str:
    return f"{model._meta.app_label}.add_{model._meta.model_name}"
