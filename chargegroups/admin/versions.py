"""What does a tariff say, when, and how does that read to a driver?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from chargegroups import changes
from chargegroups.admin.changing.timeline import of_tariff
from chargegroups.models import ChargeGroup, CustomerException, Tariff, TariffVersion
from chargegroups.price_forms import PriceEditor
from chargegroups.price_lists import price_list
from chargegroups.pricing import describe, is_free, price_text
from chargegroups.pricing.conditions import condition
from chargegroups.pricing.lints import findings
from chargegroups.uses import groups_using, is_used
from evcnet.refusals import REFUSALS, refusal_of

SHOWN = 50


@dataclass(frozen=True)
class Shown:
    """One version as a page shows it: when it counts (past, now, scheduled), its price and its lines for drivers."""

    version: TariffVersion
    state: str
    until: Any
    text: str
    free: bool
    lines: tuple[Any, ...]
    elements: list[Any]
    remarks: list[str]


def versions_of(tariff: Tariff) -> list[Shown]:
    now = changes.database_clock()
    rows = tariff.versions.prefetch_related("elements").select_related("tariff").order_by("-valid_from")[:SHOWN]
    shown, following, in_force = [], None, False
    for version in rows:
        listed = price_list(version)
        ends = min((each for each in (version.valid_until, following) if each), default=None)
        state = (
            "scheduled" if version.valid_from > now else "now" if not in_force and (not ends or ends > now) else "past"
        )
        in_force = in_force or version.valid_from <= now
        parts = (price_text(listed), is_free(listed), describe(listed), _elements(listed, version), remarks(listed))
        shown.append(Shown(version, state, ends, *parts))
        following = version.valid_from
    return shown


def _elements(listed: Any, version: TariffVersion) -> list[tuple[Any, str]]:
    """Each stored element with its conditions in words."""
    return [
        (row, condition(each.restrictions)) for row, each in zip(version.elements.all(), listed.elements, strict=True)
    ]


def remarks(listed: Any) -> list[str]:
    """What is odd about a price list, at which row, and how to mend it. None of it forbids the price list."""
    return [f"{_row(each.where)}{each.why} {each.remedy}" for each in findings(listed)]


def _row(where: str) -> str:
    found = re.search(r"elements\[(\d+)\]", where)
    return f"Row {int(found[1]) + 1}: " if found else ""


def prices(admin: Any, request: HttpRequest, tariff: Tariff) -> HttpResponse:
    login: Any = request.user
    used = is_used(tariff)
    context = admin.page_context(request, tariff, str(tariff)) | {
        "versions": versions_of(tariff),
        "used": used,
        "may_change": may_change(request, tariff),
        "timeline": of_tariff(tariff, changes.database_clock()),
        "may_see_changes": login.has_perm("chargegroups.view_change"),
        "may_take_back": may_change(request, tariff),
    }
    return TemplateResponse(request, "chargegroups/prices.html", context)


def uses(admin: Any, request: HttpRequest, tariff: Tariff) -> HttpResponse:
    visible = ChargeGroup.objects.visible_to(request.user).filter(pk__in=groups_using(tariff).values("pk"))
    exceptions = CustomerException.objects.visible_to(request.user).filter(tariff=tariff)
    context = admin.page_context(request, tariff, str(tariff)) | {
        "groups": visible.select_related("user_group")[:SHOWN],
        "group_count": visible.count(),
        "exceptions": exceptions.select_related("customer", "charge_group")[:SHOWN],
        "exception_count": exceptions.count(),
    }
    return TemplateResponse(request, "chargegroups/uses.html", context)


def may_change(request: HttpRequest, tariff: Tariff) -> bool:
    login: Any = request.user
    return bool(login.has_perm("chargegroups.change_tariff", tariff))


def add_version(admin: Any, request: HttpRequest, tariff: Tariff) -> HttpResponse:
    """A further version of a tariff that nothing uses: where it is in use, a price changes through a preview."""
    if not may_change(request, tariff):
        raise PermissionDenied
    if is_used(tariff):
        return HttpResponseRedirect(admin.page(tariff.pk, "version"))
    editor = PriceEditor(tariff, request.POST or None)
    return _edit(admin, request, tariff, editor, f"New version of {tariff}", lambda: _append(tariff, editor))


def edit_version(admin: Any, request: HttpRequest, tariff: Tariff) -> HttpResponse:
    """A scheduled version is edited or removed; one that came into force is read only."""
    if not may_change(request, tariff):
        raise PermissionDenied
    version = _scheduled(request, tariff)
    if is_used(tariff):
        messages.warning(request, f"{tariff} is in use: cancel the scheduled change, then propose a new version.")
        return HttpResponseRedirect(admin.page(tariff.pk, "prices"))
    if "remove" in request.POST:
        return _remove(admin, request, tariff, version)
    editor = PriceEditor(tariff, request.POST or None, version)
    return _edit(admin, request, tariff, editor, f"Scheduled version of {tariff}", lambda: _replace(version, editor))


def _scheduled(request: HttpRequest, tariff: Tariff) -> TariffVersion:
    wanted = request.GET.get("version", "")
    rows = tariff.versions.filter(valid_from__gt=changes.database_clock())
    version = rows.filter(pk=int(wanted)).first() if wanted.isdecimal() and len(wanted) < 19 else None
    if version is None:
        raise Http404("No scheduled version here.")
    return version


def _append(tariff: Tariff, editor: PriceEditor) -> None:
    changes.add_version(tariff, editor.rows, valid_from=editor.version.cleaned_data["valid_from"], **editor.fields)


def _replace(version: TariffVersion, editor: PriceEditor) -> None:
    begins = editor.version.cleaned_data["valid_from"] or changes.database_clock()
    changes.replace_version(version, editor.rows, valid_from=begins, **editor.fields)


def _remove(admin: Any, request: HttpRequest, tariff: Tariff, version: TariffVersion) -> HttpResponse:
    try:
        changes.remove_version(version)
        messages.success(
            request, f"The version of {tariff} that was scheduled for {version.valid_from:%Y-%m-%d %H:%M} is removed."
        )
    except REFUSALS as error:
        messages.warning(request, refusal_of(error).message)
    return HttpResponseRedirect(admin.page(tariff.pk, "prices"))


def _edit(admin: Any, request: HttpRequest, tariff: Tariff, editor: PriceEditor, title: str, save: Any) -> HttpResponse:
    if request.method == "POST" and "preview" not in request.POST and editor.is_valid() and written(editor, save):
        messages.success(request, f"The prices of {tariff} are saved.")
        return HttpResponseRedirect(admin.page(tariff.pk, "prices"))
    context = admin.page_context(request, tariff, title) | {"editor": editor, "back": admin.page(tariff.pk, "prices")}
    return TemplateResponse(request, "chargegroups/version.html", context | preview(request, editor))


def written(editor: PriceEditor, save: Any) -> bool:
    """Save; what the database refuses becomes an error of the form."""
    try:
        with transaction.atomic():
            save()
    except REFUSALS as error:
        refusal = refusal_of(error)
        field = refusal.field if refusal.field in editor.version.fields else None
        editor.version.add_error(field, refusal.message)
        return False
    return True


def preview(request: HttpRequest, editor: PriceEditor) -> dict[str, Any]:
    """How what is typed reads to a driver, once it makes sense."""
    if request.method != "POST" or not editor.is_valid():
        return {}
    listed = editor.price_list
    return {"preview": describe(listed), "preview_free": is_free(listed), "remarks": remarks(listed)}
