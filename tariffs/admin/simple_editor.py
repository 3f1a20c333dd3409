"""How are prices made with the simple form? What is typed is saved, shown with its effects, calculated with, or edited on."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from changes.snapshots import versions_at
from chargegroups.tariff_usage import is_used
from evcnet.datetimes import database_clock
from tariffs.admin import calculator, live_preview, simple_editor_page
from tariffs.admin import editor as price_editor
from tariffs.admin.new_version import VersionFlow
from tariffs.admin.version_list import may_change, scheduled
from tariffs.conversion import price_list
from tariffs.forms.prices import PriceEditor
from tariffs.forms.simple import SimpleForm, as_table, filled_in
from tariffs.models import Tariff, TariffVersion


def simple(admin: Any, request: HttpRequest, tariff: Tariff) -> HttpResponse:
    if not may_change(request, tariff):
        raise PermissionDenied
    version = scheduled(tariff, request.GET.get("version"))
    if version is None and "version" in request.GET:
        return price_editor.gone(admin, request, tariff)
    if request.method != "POST":
        values, reasons = _filled_in(tariff, version)
        return simple_editor_page.show(admin, request, tariff, SimpleForm(initial=values), version, reasons)
    form = SimpleForm(request.POST)
    if live_preview.is_asked(request):
        return live_preview.answer(request, simple_editor_page.words(request, tariff, form))
    if not form.is_valid():
        return simple_editor_page.show(admin, request, tariff, form, version)
    return _go_on(admin, request, tariff, form, version)


def _filled_in(tariff: Tariff, version: TariffVersion | None) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The version that is scheduled with its moments, else the prices in force for a version to come."""
    if version is None:
        held = versions_at([tariff.pk], database_clock()).get(tariff.pk)
        return filled_in(price_list(held)) if held else ({}, ())
    values, reasons = filled_in(price_list(version))
    zone = tariff.provider.zone
    moments = {"valid_from": version.valid_from, "valid_until": version.valid_until}
    shown = {name: f"{at.astimezone(zone):%Y-%m-%dT%H:%M}" for name, at in moments.items() if at}
    return ({} if reasons else values | shown), reasons


def _go_on(
    admin: Any, request: HttpRequest, tariff: Tariff, form: SimpleForm, version: TariffVersion | None
) -> HttpResponse:
    """To the calculator, to the preview or the list of versions; else to the same prices as a table of elements."""
    data, step = as_table(form.tariff(tariff.currency), **form.moments), request.POST.get("step")
    if version:
        data["editing"] = str(version.pk)
    if step == "calculate":
        return calculator.calculator(admin, request, tariff, data)
    if is_used(tariff):
        data["step"] = "preview" if step == "save" else "edit"
        return VersionFlow(admin, request, tariff, data).respond()
    editor = PriceEditor(tariff, data, version)
    saved = price_editor.save(admin, request, tariff, editor) if step == "save" else None
    return saved or price_editor.table(admin, request, tariff, editor, version)
