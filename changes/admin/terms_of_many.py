"""Action on the list of charge groups that changes the terms of all that were chosen, in one draft."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from unfold.widgets import SELECT_CLASSES

from changes.admin.wizard import ChangeWizard, PlannedChange
from changes.change_permissions import may_change_terms
from changes.proposals import TermsOfMany
from chargegroups.access_summary import who_may_charge
from chargegroups.models import ChargeGroup, Terms
from chargegroups.terms import SLOTS, SWITCHES
from customers.models import StaffMember
from evcnet.admin.actions import Action
from evcnet.admin.base import ModelAdmin
from evcnet.admin.moment_field import MomentField
from evcnet.admin.requests import StaffRequest
from evcnet.admin.selection import MOST_ROWS
from evcnet.datetimes import database_clock
from evcnet.primary_keys import parse_pks
from tariffs.current_price import current_prices
from tariffs.forms.tariff_picker import BY_CODE, TariffField, offer_tariffs
from tariffs.models import Tariff

NAME = "terms-of-many"
LISTED = 50
"""So many of the chosen groups are listed with what they say now."""
AS_IT_IS = "as it is in each"
OPTIONAL = SLOTS[1:]
"""The slots that may be empty."""


def _label(key: str) -> str:
    name = str(Terms._meta.get_field(key).verbose_name)  # type: ignore[union-attr]
    return name[0].upper() + name[1:]


class SwitchField(forms.ChoiceField):
    """A switch that is left as it is, or set."""

    def __init__(self, name: str) -> None:
        super().__init__(
            choices=[("", AS_IT_IS), ("on", "on"), ("off", "off")],
            required=False,
            label=_label(name),
            help_text=Terms._meta.get_field(name).help_text,  # type: ignore[union-attr]
            widget=forms.Select(attrs={"class": " ".join(SELECT_CLASSES)}),
        )


class ManyTermsForm(forms.Form):
    """What changes in all of the groups; what is left as it is stays different where it differs."""

    at = MomentField(label="Date and time")

    def __init__(self, data: Any = None, *, groups: Sequence[ChargeGroup], login: StaffMember) -> None:
        super().__init__(data)
        self.groups, self.login = groups, login
        for slot in SLOTS:
            self.fields[slot] = self._tariff_field(slot)
        offer_tariffs(self, self._offered(), login)
        for slot in OPTIONAL:
            self.fields[f"no_{slot}"] = forms.BooleanField(required=False, label=f"No {_label(slot).lower()} any more")
        for name in SWITCHES:
            self.fields[name] = SwitchField(name)
        self.order_fields([*(name for slot in SLOTS for name in (slot, f"no_{slot}")), *SWITCHES, "at"])

    @staticmethod
    def _tariff_field(slot: str) -> TariffField:
        field = TariffField.of_terms(slot, to_field_name=BY_CODE, required=False, empty_label=AS_IT_IS)
        # Here what is empty stays as it is in each group.
        field.help_text = field.help_text.removesuffix(" Empty: the tariff above.")
        return field

    def _offered(self) -> Any:
        """Those that the login may use and every one of the groups may name."""
        provider = self.groups[0].provider_id
        usable = Tariff.objects.visible_to(self.login, "use").filter(provider_id=provider)
        for user_group in sorted({group.user_group_id for group in self.groups}):
            usable = usable.usable_in(provider=provider, user_group=user_group)
        return usable.order_by("code")

    def describe(self) -> ManyTermsForm:
        """For a page: whose clock it is."""
        self["at"].help_text = f"In the time of {self.groups[0].provider.time_zone}. Empty: as soon as you confirm."
        return self

    @property
    def tariffs(self) -> list[Any]:
        return [self[name] for slot in SLOTS for name in (slot, f"no_{slot}") if name in self.fields]

    @property
    def switches(self) -> list[Any]:
        return [self[name] for name in SWITCHES]

    def clean(self) -> dict[str, Any]:
        answers: dict[str, Any] = super().clean() or self.cleaned_data
        for slot in OPTIONAL:
            if answers.get(slot) and answers.get(f"no_{slot}"):
                self.add_error(slot, "Choose a tariff, or none any more, not both.")
        homes = [str(group) for group in self.groups if group.type == ChargeGroup.Type.HOME]
        if answers.get("roaming") == "on" and homes:
            self.add_error("roaming", f"A Home group is not accessible for roaming: {', '.join(homes[:5])}.")
        moment = answers.get("at")
        if moment is not None and moment <= database_clock():
            self.add_error(
                "at", "This moment has passed: choose one in the future, or leave it empty to change at once."
            )
        if not self.errors and not self.values:
            raise forms.ValidationError("Choose at least one thing that changes.")
        return answers

    @property
    def values(self) -> dict[str, Any]:
        answers = self.cleaned_data
        slots = {slot: answers[slot] for slot in SLOTS if answers.get(slot)}
        slots |= {slot: None for slot in OPTIONAL if answers.get(f"no_{slot}")}
        return slots | {name: answers[name] == "on" for name in SWITCHES if answers.get(name)}


class ManyTermsWizard(ChangeWizard[None]):
    """The form is sent back to the list as the action was, with each of the groups by its id."""

    form_template = "changes/terms_of_many.html"
    saves_draft = True

    def __init__(self, admin: ModelAdmin[Any], request: StaffRequest, groups: Sequence[ChargeGroup]) -> None:
        super().__init__(admin, request, None)
        self.groups, self.address = groups, reverse("admin:chargegroups_chargegroup_changelist")

    @property
    def title(self) -> str:
        return f"Change terms of {len(self.groups):,} charge groups"

    @property
    def zone(self) -> Any:
        return self.groups[0].provider.zone

    @property
    def back(self) -> str:
        return self.request.get_full_path()

    @cached_property
    def form(self) -> ManyTermsForm:
        # The list sends nothing but the action: then nothing was typed yet.
        typed = self.data if SWITCHES[0] in self.data else None
        return ManyTermsForm(typed, groups=self.groups, login=self.request.user)

    def plan(self) -> PlannedChange | None:
        if not self.form.is_valid():
            return None
        return PlannedChange(TermsOfMany.alike(self.groups, self.form.values), self.form.cleaned_data["at"])

    def form_context(self) -> dict[str, Any]:
        listed, now = self.groups[:LISTED], database_clock()
        rows = Terms.objects.in_force(now).filter(charge_group__in=listed).select_related("tariff")
        terms = {row.charge_group_id: row for row in rows}
        prices = current_prices({row.tariff for row in terms.values()}, now)
        lines = [
            (group, _price(prices, terms.get(group.pk)), who_may_charge(group, terms.get(group.pk))) for group in listed
        ]
        hidden = [("action", NAME), ("index", "0"), *((ACTION_CHECKBOX_NAME, group.pk) for group in self.groups)]
        media = self.admin.media + self.form.media
        more = len(self.groups) - len(listed)
        return {"form": self.form.describe(), "media": media, "lines": lines, "more": more, "hidden": hidden}


def _price(prices: Any, terms: Terms | None) -> Any:
    return prices.get(terms.tariff_id) if terms else None


def change_terms_of_many(
    admin: ModelAdmin[ChargeGroup], request: StaffRequest, groups: list[ChargeGroup], asked: dict[str, Any]
) -> HttpResponseBase:
    if len(groups) > MOST_ROWS:
        messages.error(request, f"Nothing was done: select at most {MOST_ROWS:,} charge groups at a time.")
        return HttpResponseRedirect(request.get_full_path())
    chosen = set(request.POST.getlist(ACTION_CHECKBOX_NAME))
    visible = ChargeGroup.objects.visible_to(request.user).filter(pk__in=parse_pks(chosen))
    if visible.count() != len(chosen):
        raise Http404("No such charge groups here.")
    if not may_change_terms(request.user, *groups):
        raise PermissionDenied
    if len({group.provider_id for group in groups}) > 1:
        messages.error(request, "The charge groups belong to several providers: choose those of one.")
        return HttpResponseRedirect(request.get_full_path())
    if len(groups) == 1:
        return HttpResponseRedirect(admin.page(groups[0].pk, "terms"))
    return ManyTermsWizard(admin, request, groups).respond()


TERMS_OF_MANY = Action(
    NAME,
    "Change terms of the chosen charge groups",
    "changed",
    is_available=lambda group: False,
    view=change_terms_of_many,
)
