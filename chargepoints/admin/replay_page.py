"""Page on which a replay is started: past sessions of one's own provider priced by another tariff, by a job."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from chargegroups.models import ChargeGroup
from chargepoints.admin.replay_job import PERMISSION, ReplayQuestion, start_replay
from chargepoints.models import ChargePoint
from chargepoints.replay import version_to_replay
from customers.models import Provider, StaffMember
from evcnet.admin.moment_field import MomentField
from evcnet.admin.requests import StaffRequest
from evcnet.admin.widgets import SearchBox
from evcnet.errors import DomainError
from tariffs.forms.tariff_picker import TariffField, offer_tariffs
from tariffs.models import Tariff

ONE_OF_BOTH = "Choose a charge group or a tariff: one of both."
OF_ANOTHER = "It is another provider’s than the sessions are: choose one of theirs."


class ReplayForm(forms.Form):
    charge_group = forms.ModelChoiceField(
        ChargeGroup.objects.none(),
        required=False,
        label="Sessions at a charge group",
        help_text="At the charge points that are in it now.",
    )
    tariff = TariffField(
        required=False, label="Or sessions that were priced by a tariff", empty_label="Choose a tariff"
    )
    against = TariffField(
        label="Priced again by", help_text="Its version in force, else its next one.", empty_label="Choose a tariff"
    )
    begin = MomentField(label="Started from", help_text="Empty: from the first session on.")
    end = MomentField(label="Started until", ends=True, help_text="Empty: to the last one.")

    def __init__(self, data: Any, login: StaffMember) -> None:
        super().__init__(data)
        providers = login.scope(PERMISSION).providers
        groups: Any = self.fields["charge_group"]
        groups.queryset = ChargeGroup.objects.visible_to(login).filter(provider__in=providers)
        groups.widget = SearchBox(ChargePoint._meta.get_field("charge_group"), admin.site, attrs={"data-width": "100%"})
        groups.widget.choices = groups.choices
        offer_tariffs(self, Tariff.objects.visible_to(login, "use").filter(provider__in=providers), login)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        group, tariff, against = (cleaned.get(name) for name in ("charge_group", "tariff", "against"))
        if not {"charge_group", "tariff"} & set(self.errors) and (group is None) == (tariff is None):
            self.add_error("charge_group", ONE_OF_BOTH)
        of = group or tariff
        if of is not None and against is not None and of.provider_id != against.provider_id:
            self.add_error("against", OF_ANOTHER)
        if cleaned.get("begin") and cleaned.get("end") and cleaned["end"] <= cleaned["begin"]:
            self.add_error("end", "It ends before it begins: give a later end.")
        if against is not None and "against" not in self.errors:
            self._refuse_without_version(against)
        return cleaned

    def _refuse_without_version(self, against: Tariff) -> None:
        try:
            version_to_replay(against, timezone.now())
        except DomainError as wrong:
            self.add_error("against", wrong.refusal.message)

    @property
    def question(self) -> ReplayQuestion:
        chosen = self.cleaned_data
        keys = {name: chosen[name] and chosen[name].pk for name in ("charge_group", "tariff", "against")}
        return ReplayQuestion(**keys, begin=_stored(chosen["begin"]), end=_stored(chosen["end"]))

    @property
    def provider(self) -> Provider:
        provider: Provider = self.cleaned_data["against"].provider
        return provider

    @property
    def title(self) -> str:
        """By names, with the codes that the command takes."""
        chosen = self.cleaned_data
        group, tariff = chosen["charge_group"], chosen["tariff"]
        which = f"Sessions at {group}" if group else f"Sessions by {tariff}"
        days = [f"{word} {timezone.localtime(chosen[name]):%Y-%m-%d %H:%M}" for name, word in WINDOW if chosen[name]]
        return " ".join([which, f"under {chosen['against']}", *days])


WINDOW = (("begin", "from"), ("end", "until"))


def _stored(moment: Any) -> str:
    return moment.isoformat() if moment else ""


class ReplayPage:
    """For the admin of sessions."""

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.replay_view)  # type: ignore[attr-defined]
        return [path("replay/", view, name="chargepoints_session_replay"), *super().get_urls()]  # type: ignore[misc]

    def replay_view(self, request: StaffRequest) -> HttpResponse:
        if not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        form = ReplayForm(request.POST if request.method == "POST" else None, request.user)
        if request.method == "POST" and form.is_valid():
            job = start_replay(request.user, form.provider, form.question, form.title)
            return HttpResponseRedirect(reverse("admin:customers_job_change", args=[job.pk]))
        context = self.page_context(request, None, "Replay sessions") | {"form": form}  # type: ignore[attr-defined]
        context["media"] += form.media
        return TemplateResponse(request, "chargepoints/replay.html", context)
