"""The versions of a tariff: what each says, when, and how that reads to a driver; and where the tariff is used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.template.response import TemplateResponse

from changes.admin.timeline import of_tariff
from chargegroups.models import ChargeGroup, CustomerException
from chargegroups.tariff_usage import groups_using, is_used
from chargepoints.tariff_findings import circumstances
from customers.models import Customer
from evcnet import datetimes
from evcnet.admin.base import ModelAdmin
from evcnet.admin.requests import StaffRequest
from evcnet.primary_keys import parse_pk
from roaming.models import Agreement
from tariffs.admin.live_preview import remarks
from tariffs.conversion import price_list
from tariffs.models import Tariff, TariffElement, TariffVersion
from tariffs.pricing import DisplayLine, describe, is_free, price_text
from tariffs.pricing import Tariff as PriceList
from tariffs.pricing.conditions import condition

MOST_LISTED = 50


@dataclass(frozen=True)
class VersionDisplay:
    """One version as a page shows it: when it counts (past, now, scheduled), its price and its lines for drivers."""

    version: TariffVersion
    state: str
    until: datetime | None
    text: str
    free: bool
    lines: tuple[DisplayLine, ...]
    elements: list[tuple[TariffElement, str]]
    remarks: list[str]


def versions_of(tariff: Tariff, used: dict[str, Any] | None = None) -> list[VersionDisplay]:
    """``used`` says where the tariff is used, for what is odd about it there."""
    now = datetimes.database_clock()
    rows = tariff.versions.prefetch_related("elements").select_related("tariff").order_by("-valid_from")[:MOST_LISTED]
    displays, following, in_force = [], None, False
    for version in rows:
        listed = price_list(version)
        ends = min((each for each in (version.valid_until, following) if each), default=None)
        state = (
            "scheduled" if version.valid_from > now else "now" if not in_force and (not ends or ends > now) else "past"
        )
        in_force = in_force or version.valid_from <= now
        parts = (
            price_text(listed),
            is_free(listed),
            describe(listed, incl_vat=True),
            _elements(listed, version),
            remarks(listed, used or {}),
        )
        displays.append(VersionDisplay(version, state, ends, *parts))
        following = version.valid_from
    return displays


def _elements(listed: PriceList, version: TariffVersion) -> list[tuple[TariffElement, str]]:
    """Each stored element with its conditions in words."""
    return [
        (row, condition(each.restrictions)) for row, each in zip(version.elements.all(), listed.elements, strict=True)
    ]


def prices(admin: ModelAdmin[Tariff], request: StaffRequest, tariff: Tariff) -> HttpResponse:
    used = is_used(tariff)
    context = admin.page_context(request, tariff, str(tariff)) | {
        "versions": versions_of(tariff, circumstances(request.user, tariff, datetimes.database_clock())),
        "used": used,
        "may_change": may_change(request, tariff),
        "timeline": of_tariff(tariff, datetimes.database_clock()),
        "may_see_changes": request.user.has_perm("changes.view_change"),
        "may_take_back": may_change(request, tariff),
    }
    return TemplateResponse(request, "tariffs/prices.html", context)


def uses(admin: ModelAdmin[Tariff], request: StaffRequest, tariff: Tariff) -> HttpResponse:
    visible = ChargeGroup.objects.visible_to(request.user).filter(pk__in=groups_using(tariff).values("pk"))
    # The exception of a guest is the group's, and who the guest is their own user group's to know.
    customers = Customer.objects.visible_to(request.user).values("pk")
    exceptions = CustomerException.objects.visible_to(request.user).filter(tariff=tariff, customer__in=customers)
    agreements = Agreement.objects.visible_to(request.user).not_over(datetimes.database_clock()).filter(tariff=tariff)
    context = admin.page_context(request, tariff, str(tariff)) | {
        "groups": visible.select_related("user_group")[:MOST_LISTED],
        "group_count": visible.count(),
        "exceptions": exceptions.select_related("customer", "charge_group")[:MOST_LISTED],
        "exception_count": exceptions.count(),
        "agreements": agreements.select_related("partner")[:MOST_LISTED],
        "agreement_count": agreements.count(),
        "may_see_agreements": request.user.scope("roaming.view_agreement").within(tariff.provider_id) is None,
    }
    return TemplateResponse(request, "tariffs/uses.html", context)


def may_change(request: StaffRequest, tariff: Tariff) -> bool:
    return bool(request.user.has_perm("tariffs.change_tariff", tariff))


def find_scheduled(tariff: Tariff, version_id: str | None) -> TariffVersion | None:
    """The version with this id, if it is the tariff's and not in force yet."""
    rows = tariff.versions.filter(valid_from__gt=datetimes.database_clock())
    return rows.filter(pk=parse_pk(version_id)).first()


def editor_page(
    admin: ModelAdmin[Tariff], tariff: Tariff, version: TariffVersion | None = None, *, simple: bool = False
) -> str:
    """Where prices are typed: for a new version, or for one that is scheduled; in the table or in the simple form."""
    if simple:
        view = "simple"
    elif is_used(tariff):
        view = "version"
    else:
        view = "prices_edit" if version else "prices_add"
    return f"{admin.page(tariff.pk, view)}{f'?version={version.pk}' if version else ''}"
