"""Page on which the platform's operator has the counts held against the rows, by a job, and mended where it says so."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path

from chargegroups.recount import PERMISSION, start_recount
from evcnet.admin.requests import StaffRequest


class RecountPage:
    """For the admin of jobs."""

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.recount_view)  # type: ignore[attr-defined]
        return [path("recount/", view, name="customers_job_recount"), *super().get_urls()]  # type: ignore[misc]

    def recount_view(self, request: StaffRequest) -> HttpResponse:
        if not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        if request.method == "POST":
            job = start_recount(request.user, mends="mend" in request.POST)
            return HttpResponseRedirect(self.page(job.pk))  # type: ignore[attr-defined]
        context = self.page_context(request, None, "Recount")  # type: ignore[attr-defined]
        return TemplateResponse(request, "customers/recount.html", context)
