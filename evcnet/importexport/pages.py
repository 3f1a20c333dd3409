"""How do rows come in and go out through the portal? A mixin for the pages of a model.

django-import-export brings the addresses, the buttons above the lists and the rows of a filtered list; the engine does
the rest, so that a page and a command never differ.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from import_export.admin import ImportExportModelAdmin

from evcnet.accounts.reauthentication import asks_password_again
from evcnet.importexport.export_page import ExportPage
from evcnet.importexport.import_page import ImportPage
from evcnet.importexport.kinds import Kind
from evcnet.importexport.registry import kind_named
from evcnet.importexport.scope import Reach

WRITING, READING = ("add", "change"), ("view",)


class Transfers(ImportExportModelAdmin):
    """For a ModelAdmin: ``class X(ModelAdmin, Transfers)`` with the kinds of rows that its pages take and give."""

    kinds: tuple[str, ...] = ()

    def has_import_permission(self, request: HttpRequest) -> bool:
        return bool(self._kinds_for(request, WRITING))

    def has_export_permission(self, request: HttpRequest) -> bool:
        return bool(self._kinds_for(request, READING))

    def _kinds_for(self, request: HttpRequest, actions: tuple[str, ...]) -> list[type[Kind]]:
        reach = Reach(request.user)
        return [kind for kind in map(kind_named, self.kinds) if any(reach.may(kind.model, each) for each in actions)]

    def import_action(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return self._import_page(request).upload()

    @asks_password_again
    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return self._import_page(request).confirm()

    def _import_page(self, request: HttpRequest) -> ImportPage:
        kinds = self._kinds_for(request, WRITING)
        if not kinds:
            raise PermissionDenied
        return ImportPage(self, request, kinds)

    def export_action(self, request: HttpRequest) -> HttpResponse:
        kinds = self._kinds_for(request, READING)
        if not kinds:
            raise PermissionDenied
        try:
            chosen = self.get_export_queryset(request)
        except IncorrectLookupParameters:
            messages.warning(request, "That filter makes no sense here, so nothing was exported.")
            return HttpResponseRedirect(request.path)
        return ExportPage(self, request, kinds, chosen).answer()
