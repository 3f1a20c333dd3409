"""How are prices changed that nobody pays yet? Typed, read back, calculated with; then written without a preview."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from chargegroups.tariff_usage import is_used
from evcnet import datetimes
from evcnet.errors import REFUSALS, refusal_of
from tariffs import writes as tariff_writes
from tariffs.admin import calculator, live_preview, simple_editor_page
from tariffs.admin.version_list import editor_page, may_change, scheduled
from tariffs.forms.prices import PriceEditor
from tariffs.models import Tariff, TariffVersion


def add_version(admin: Any, request: HttpRequest, tariff: Tariff) -> HttpResponse:
    """A further version of a tariff that nothing uses: where it is in use, a price changes through a preview."""
    if not may_change(request, tariff):
        raise PermissionDenied
    if is_used(tariff):
        return HttpResponseRedirect(admin.page(tariff.pk, "version"))
    return _edit(admin, request, tariff, PriceEditor(tariff, request.POST or None))


def edit_version(admin: Any, request: HttpRequest, tariff: Tariff) -> HttpResponse:
    """A scheduled version is edited or removed; one that came into force is read only."""
    if not may_change(request, tariff):
        raise PermissionDenied
    version = scheduled(tariff, request.GET.get("version"))
    if version is None:
        return gone(admin, request, tariff)
    if is_used(tariff):
        return HttpResponseRedirect(editor_page(admin, tariff, version))
    if "remove" in request.POST:
        return _remove(admin, request, tariff, version)
    return _edit(admin, request, tariff, PriceEditor(tariff, request.POST or None, version), version)


def gone(admin: Any, request: HttpRequest, tariff: Tariff) -> HttpResponse:
    """What came into force meanwhile, or was removed, can't be edited."""
    messages.warning(request, "That version is not scheduled any more, so nothing was changed. These are the versions.")
    return HttpResponseRedirect(admin.page(tariff.pk, "prices"))


def elsewhere(
    admin: Any, request: HttpRequest, tariff: Tariff, editor: PriceEditor, version: TariffVersion | None
) -> HttpResponse | None:
    """What a page that prices are typed on was asked for besides to write: words, the calculator, the simple form."""
    if live_preview.is_asked(request):
        return live_preview.answer(request, live_preview.of_table(request, tariff, editor))
    step = request.POST.get("step")
    if step not in ("calculate", "simple") or not editor.is_valid():
        return None
    if step == "calculate":
        return calculator.calculator(admin, request, tariff, editor.elements.data)
    return simple_editor_page.from_table(admin, request, tariff, editor, version)


def _edit(
    admin: Any, request: HttpRequest, tariff: Tariff, editor: PriceEditor, version: TariffVersion | None = None
) -> HttpResponse:
    asked = elsewhere(admin, request, tariff, editor, version)
    if asked is not None:
        return asked
    final = request.method == "POST" and not {"preview", "step"} & set(request.POST)
    return (final and save(admin, request, tariff, editor)) or table(admin, request, tariff, editor, version)


def save(admin: Any, request: HttpRequest, tariff: Tariff, editor: PriceEditor) -> HttpResponse | None:
    """Write what was typed; None where it can't be, which the editor's forms then say."""
    if not editor.is_valid() or not written(editor, lambda: _write(tariff, editor)):
        return None
    messages.success(request, f"The prices of {tariff} are saved.")
    return HttpResponseRedirect(admin.page(tariff.pk, "prices"))


def _write(tariff: Tariff, editor: PriceEditor) -> None:
    begins = editor.version.cleaned_data["valid_from"] or datetimes.database_clock()
    if editor.stored is None:
        tariff_writes.add_version(tariff, editor.rows, valid_from=begins, **editor.fields)
    else:
        tariff_writes.replace_version(editor.stored, editor.rows, valid_from=begins, **editor.fields)


def table(
    admin: Any, request: HttpRequest, tariff: Tariff, editor: PriceEditor, version: TariffVersion | None = None
) -> HttpResponse:
    """The table of elements."""
    title = f"Scheduled version of {tariff}" if version else f"New version of {tariff}"
    context = admin.page_context(request, tariff, title) | {
        "editor": editor,
        "replaced": version,
        "address": editor_page(admin, tariff, version),
        "back": admin.page(tariff.pk, "prices"),
    }
    words = live_preview.of_table(request, tariff, editor)
    return TemplateResponse(request, "tariffs/version.html", context | words)


def _remove(admin: Any, request: HttpRequest, tariff: Tariff, version: TariffVersion) -> HttpResponse:
    try:
        tariff_writes.remove_version(version)
        messages.success(
            request, f"The version of {tariff} that was scheduled for {version.valid_from:%Y-%m-%d %H:%M} is removed."
        )
    except REFUSALS as error:
        messages.warning(request, refusal_of(error).message)
    return HttpResponseRedirect(admin.page(tariff.pk, "prices"))


def written(editor: PriceEditor, write: Any) -> bool:
    """Write; what the database refuses becomes an error of the form."""
    try:
        with transaction.atomic():
            write()
    except REFUSALS as error:
        refusal = refusal_of(error)
        field = refusal.field if refusal.field in editor.version.fields else None
        editor.version.add_error(field, refusal.message)
        return False
    return True
