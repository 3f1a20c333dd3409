"""What does the simple form of prices show, and what can it not?"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from chargegroups.tariff_usage import is_used
from tariffs.admin import live_preview
from tariffs.admin.version_list import editor_page
from tariffs.forms.prices import PriceEditor
from tariffs.forms.simple import MOMENTS, SimpleForm, filled_in
from tariffs.models import Tariff, TariffVersion


def show(
    admin: Any,
    request: HttpRequest,
    tariff: Tariff,
    form: SimpleForm,
    version: TariffVersion | None = None,
    reasons: tuple[str, ...] = (),
) -> HttpResponse:
    """For a new version, or one that is scheduled. ``reasons`` say why it could not be filled in."""
    title = f"Scheduled version of {tariff}" if version else f"New version of {tariff}"
    context = admin.page_context(request, tariff, title) | {
        "form": form,
        "reasons": reasons,
        "used": is_used(tariff),
        "currency": tariff.currency,
        "address": editor_page(admin, tariff, version, simple=True),
        "table": editor_page(admin, tariff, version),
        "back": admin.page(tariff.pk, "prices"),
        "tab_of": admin.page(tariff.pk, "prices"),
    }
    return TemplateResponse(request, "tariffs/simple.html", context | words(request, tariff, form))


def words(request: HttpRequest, tariff: Tariff, form: SimpleForm) -> dict[str, Any]:
    """How what is typed reads, or why it does not yet. A form as it was filled in is read like one that was sent."""
    sent = form if form.is_bound else SimpleForm({name: str(value) for name, value in form.initial.items()})
    if not form.is_bound and not form.initial:
        return {}
    if not sent.is_valid():
        return {"unread": sent.problems}
    return live_preview.reading(request, tariff, sent.tariff(tariff.currency), sent.cleaned_data["valid_from"])


def typed_in_table(editor: PriceEditor) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The form's values for what was typed into the table, which makes sense; or what the form has no field for."""
    values, reasons = filled_in(editor.price_list)
    if reasons:
        return {}, reasons
    return values | {name: editor.version.data.get(f"version-{name}", "") for name in MOMENTS}, ()


def from_table(
    admin: Any, request: HttpRequest, tariff: Tariff, editor: PriceEditor, version: TariffVersion | None
) -> HttpResponse | None:
    """The form in place of the table; None where it would lose something, which the editor then says."""
    values, reasons = typed_in_table(editor)
    if reasons:
        editor.unfit = reasons
        return None
    return show(admin, request, tariff, SimpleForm(initial=values), version)
