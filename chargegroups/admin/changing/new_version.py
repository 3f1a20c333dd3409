"""New prices for a tariff that is in use: what is typed, filled in with the prices in force."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from chargegroups.admin.changing.flow import Draft, Flow
from chargegroups.changes import database_clock
from chargegroups.grounds import versions_at
from chargegroups.models import Tariff
from chargegroups.price_forms import PriceEditor
from chargegroups.proposals import NewVersion


class VersionFlow(Flow):
    form_template = "chargegroups/version.html"
    title = "New version"

    @property
    def back(self) -> str:
        return str(self.admin.page(self.obj.pk, "prices"))

    def _editor(self) -> PriceEditor:
        if not hasattr(self, "_made_editor"):
            self._made_editor = PriceEditor(self.obj, self.data) if self.data else self._filled_in()
        return self._made_editor

    def _filled_in(self) -> PriceEditor:
        version = versions_at([self.obj.pk], database_clock()).get(self.obj.pk)
        editor = PriceEditor(self.obj, None, version)
        editor.version.initial |= {"valid_from": None, "valid_until": None}
        return editor

    def draft(self) -> Draft | None:
        editor = self._editor()
        if not editor.is_valid():
            return None
        typed = editor.version.cleaned_data
        return Draft(NewVersion(self.obj, editor.price_list, typed["valid_until"]), typed["valid_from"])

    def form_context(self) -> dict[str, Any]:
        editor = self._editor()
        editor.version.fields[
            "valid_from"
        ].help_text = f"In the time of {self.obj.provider.time_zone}. Empty: as soon as you confirm."
        return {"editor": editor}


def new_version(admin: Any, request: HttpRequest, tariff: Tariff) -> HttpResponse:
    if not request.user.has_perm("chargegroups.change_tariff", tariff):
        raise PermissionDenied
    return VersionFlow(admin, request, tariff).respond()
