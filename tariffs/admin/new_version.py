"""The pages on which a version of a tariff is made or edited.

Where nothing uses the tariff, prices are written at once; else they are a change, whose effects are shown before it is
confirmed.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase

from changes.admin.wizard import ChangeWizard, PlannedChange
from changes.change_permissions import may_cancel
from changes.proposals import NewVersion
from chargegroups.group_snapshots import versions_in_force
from chargegroups.tariff_usage import is_used
from evcnet.admin.base import ModelAdmin
from evcnet.admin.requests import StaffRequest
from evcnet.datetimes import database_clock
from evcnet.errors import REFUSALS, refusal_of
from tariffs import writes
from tariffs.admin import calculator, live_preview
from tariffs.admin.price_editor import PriceEditor
from tariffs.admin.version_list import editor_page, find_scheduled, may_change
from tariffs.forms.price_table import PriceTable
from tariffs.forms.simple_prices import SimpleForm
from tariffs.models import Tariff, TariffVersion


def add_version(admin: ModelAdmin[Tariff], request: StaffRequest, tariff: Tariff) -> HttpResponse:
    """A further version of a tariff that nothing uses."""
    _check_permission(request, tariff)
    if is_used(tariff):
        return HttpResponseRedirect(admin.page(tariff.pk, "version"))
    return _edit(PriceEditor(admin, request, tariff))


def edit_version(admin: ModelAdmin[Tariff], request: StaffRequest, tariff: Tariff) -> HttpResponse:
    """A scheduled version is edited or removed; one that came into force is read only."""
    _check_permission(request, tariff)
    version = find_scheduled(tariff, request.GET.get("version"))
    if version is None:
        return _not_scheduled(admin, request, tariff)
    if is_used(tariff):
        return HttpResponseRedirect(editor_page(admin, tariff, version))
    if "remove" in request.POST:
        return _remove(admin, request, tariff, version)
    return _edit(PriceEditor(admin, request, tariff, version))


def change_version(admin: ModelAdmin[Tariff], request: StaffRequest, tariff: Tariff) -> HttpResponseBase:
    """New prices of a tariff that is in use, by a change with a preview."""
    _check_permission(request, tariff)
    wizard = VersionWizard(admin, request, tariff)
    if wizard.replaced is None and "version" in request.GET:
        return _not_scheduled(admin, request, tariff)
    return wizard.respond()


def simple_version(admin: ModelAdmin[Tariff], request: StaffRequest, tariff: Tariff) -> HttpResponseBase:
    """A version in the simple form, in use or not."""
    _check_permission(request, tariff)
    version = find_scheduled(tariff, request.GET.get("version"))
    if version is None and "version" in request.GET:
        return _not_scheduled(admin, request, tariff)
    editor = PriceEditor(admin, request, tariff, version)
    if request.method != "POST":
        return editor.simple_from_stored()
    form = SimpleForm(request.POST)
    if live_preview.is_requested(request):
        return live_preview.answer(request, editor.simple_preview(form))
    return _leave_simple(editor, form) if form.is_valid() else editor.simple_page(form)


def _check_permission(request: StaffRequest, tariff: Tariff) -> None:
    if not may_change(request, tariff):
        raise PermissionDenied


def _not_scheduled(admin: ModelAdmin[Tariff], request: StaffRequest, tariff: Tariff) -> HttpResponse:
    """What came into force meanwhile, or was removed, can't be edited."""
    messages.warning(request, "That version is not scheduled any more, so nothing was changed. These are the versions.")
    return HttpResponseRedirect(admin.page(tariff.pk, "prices"))


def _edit(editor: PriceEditor) -> HttpResponse:
    request = editor.request
    table = PriceTable(editor.tariff, request.POST or None, editor.version)
    response = editor.leave_table(table)
    if response is None and request.method == "POST" and not {"preview", "step"} & set(request.POST):
        response = editor.save(table)
    return response or editor.table_page(table)


def _leave_simple(editor: PriceEditor, form: SimpleForm) -> HttpResponseBase:
    """To the calculator, to the preview or the list of versions; else to the same prices as a table of elements."""
    admin, request, tariff = editor.admin, editor.request, editor.tariff
    data, step = form.to_table(tariff.currency), request.POST.get("step")
    if editor.version:
        data["editing"] = str(editor.version.pk)
    if step == "calculate":
        return calculator.calculator(admin, request, tariff, data)
    if is_used(tariff):
        data["step"] = "preview" if step == "save" else "edit"
        return VersionWizard(admin, request, tariff, data).respond()
    table = PriceTable(tariff, data, editor.version)
    saved = editor.save(table) if step == "save" else None
    return saved or editor.table_page(table)


def _remove(admin: ModelAdmin[Tariff], request: StaffRequest, tariff: Tariff, version: TariffVersion) -> HttpResponse:
    try:
        writes.remove_version(version)
        begins = f"{version.valid_from:%Y-%m-%d %H:%M}"
        messages.success(request, f"The version of {tariff} that was scheduled for {begins} is removed.")
    except REFUSALS as error:
        messages.warning(request, refusal_of(error).message)
    return HttpResponseRedirect(admin.page(tariff.pk, "prices"))


class VersionWizard(ChangeWizard[Tariff]):
    """``replaced`` is the scheduled version that is edited: a change that takes the place of the one that made it."""

    form_template = "tariffs/price_table.html"
    saves_draft = True

    def __init__(
        self, admin: ModelAdmin[Tariff], request: StaffRequest, obj: Tariff, data: QueryDict | None = None
    ) -> None:
        super().__init__(admin, request, obj, data)
        self.replaced = find_scheduled(obj, request.GET.get("version"))
        self.editor = PriceEditor(admin, request, obj, self.replaced)
        self.address = self.editor.address()
        change = self.replaced.changes.first() if self.replaced else None
        if change and not may_cancel(request.user, change):
            raise PermissionDenied

    @property
    def title(self) -> str:
        return f"Scheduled version of {self.obj}" if self.replaced else f"New version of {self.obj}"

    @property
    def back(self) -> str:
        return str(self.admin.page(self.obj.pk, "prices"))

    @cached_property
    def table(self) -> PriceTable:
        """As it was sent; else filled in with the version that is edited, or with the prices in force."""
        if self.data:
            return PriceTable(self.obj, self.data)
        if self.replaced:
            return PriceTable(self.obj, None, self.replaced)
        table = PriceTable(self.obj, None, versions_in_force([self.obj.pk], database_clock()).get(self.obj.pk))
        table.version.initial.update({"valid_from": None, "valid_until": None})
        return table

    def take_step(self) -> HttpResponseBase:
        response = self.editor.leave_table(self.table)
        if response is not None:
            return response
        return self.ask() if self.step in ("calculate", "simple") else super().take_step()

    def plan(self) -> PlannedChange | None:
        if not self.table.is_valid():
            return None
        proposal = NewVersion(self.obj, self.table.price_list, self.table.valid_until)
        return PlannedChange(proposal, self.table.valid_from, replaces=self.replaced)

    def form_context(self) -> dict[str, Any]:
        field = self.table.version["valid_from"]
        field.help_text = f"In the time of {self.obj.provider.time_zone}. Empty: as soon as you confirm."
        return {"table": self.table, "replaced": self.replaced} | self.editor.table_preview(self.table)
