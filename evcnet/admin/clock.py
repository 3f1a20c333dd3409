"""The clock of a page: moments of a row are shown and typed in its provider's time zone.

The middleware sets that of the login's first provider and takes it back after the request. Where the login's providers
have several, a page of one row goes by its own provider's, and a new row by what it is tied to.
"""

from __future__ import annotations

from django.db import DataError, models
from django.utils import timezone

from customers.models import Provider, StaffMember
from evcnet.admin.requests import StaffRequest
from evcnet.tenancy import usable_rows


def use_clock_of(row: models.Model, login: StaffMember) -> None:
    """That of the row's provider, for the rest of the request. A row of no provider changes nothing."""
    if len(login.time_zones) < 2:
        return
    provider = row if isinstance(row, Provider) else getattr(row, "provider", None)
    if isinstance(provider, Provider):
        timezone.activate(provider.zone)


def use_clock_of_new_row(model: type[models.Model], request: StaffRequest) -> None:
    """That of the provider to which the first of the typed references ties the new row."""
    if len(request.user.time_zones) < 2:
        return
    data = request.POST or request.GET
    for field in model._meta.concrete_fields:
        if isinstance(field, models.ForeignKey) and data.get(field.name):
            target = _target(field.related_model, data[field.name], request.user)
            if target is not None:
                use_clock_of(target, request.user)
                return


def _target(model: type[models.Model], pk: str, login: StaffMember) -> models.Model | None:
    if not hasattr(model, "tenancy"):
        return None
    try:
        target: models.Model | None = usable_rows(model, login).filter(pk=pk).first()
    except (ValueError, OverflowError, DataError):
        return None  # the form says that this is no choice
    return target
