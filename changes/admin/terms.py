"""Form and wizard of new terms of a charge group: filled in with the terms in force."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import QueryDict
from django.http.response import HttpResponseBase

from changes.admin.wizard import ChangeWizard, PlannedChange
from changes.change_permissions import may_change_terms
from changes.models import Change
from changes.proposals import NewTerms
from changes.proposals.later_terms import KEYS
from changes.proposals.terms_record import record_of
from chargegroups.models import ChargeGroup, Terms
from chargegroups.terms import SLOTS, SWITCHES
from customers.models import ChargeCard, Customer, StaffMember
from evcnet.admin.base import ModelAdmin
from evcnet.admin.moment_field import MomentField
from evcnet.admin.requests import StaffRequest
from evcnet.datetimes import database_clock
from evcnet.primary_keys import parse_pk
from tariffs.forms.tariff_picker import BY_CODE, TariffField, offer_tariffs
from tariffs.models import Tariff


class TermsForm(forms.Form):
    """The whole of the terms. What differs from the row that the form was opened on, ``base``, is proposed."""

    base = forms.IntegerField(required=False, widget=forms.HiddenInput)
    undoes = forms.IntegerField(required=False, widget=forms.HiddenInput)
    tariff = TariffField.of_terms("tariff", to_field_name=BY_CODE, empty_label=None)
    prepaid_tariff = TariffField.of_terms("prepaid_tariff", to_field_name=BY_CODE)
    roaming_tariff = TariffField.of_terms("roaming_tariff", to_field_name=BY_CODE)
    own_user_group = forms.BooleanField(required=False)
    other_user_groups = forms.BooleanField(required=False)
    roaming = forms.BooleanField(required=False)
    social_charging = forms.BooleanField(required=False)
    at = MomentField(label="Date and time")

    def __init__(
        self, data: Any = None, *, group: ChargeGroup, login: StaffMember, flipped: Mapping[str, str] | None = None
    ) -> None:
        self.group, self.login, self.now = group, login, database_clock()
        rows = Terms.objects.in_force(self.now).filter(charge_group=group).select_related(*SLOTS)
        self.in_force: Terms | None = rows.first()
        super().__init__(data, initial=initial_of(self.in_force) | switches_of(flipped or {}))
        offer_tariffs(self, self._offered(login), login)

    def describe(self) -> TermsForm:
        """For a page: what each switch means for how many.

        The words go to what the page draws: a form that was validated has taken them over from its fields already.
        """
        for name, sentence in _switches(self.group, self.login):
            self[name].label, self[name].help_text = _title(name), sentence
        zone = self.group.provider.time_zone
        self["at"].help_text = f"In the time of {zone}. Empty: as soon as you confirm."
        return self

    def _offered(self, login: StaffMember) -> QuerySet[Tariff]:
        """Those that the login may use, and, offered or not, those of the terms in force and of what it would undo."""
        own = Tariff.objects.filter(provider_id=self.group.provider_id)
        named = [getattr(self.in_force, f"{slot}_id") for slot in SLOTS] if self.in_force else []
        named += [record_of(self.undone, self.group.pk).before.get(slot) for slot in SLOTS] if self.undone else []
        usable = Tariff.objects.visible_to(login, "use")
        usable = usable.usable_in(provider=self.group.provider_id, user_group=self.group.user_group_id)
        return (own.filter(pk__in=usable.values("pk")) | own.filter(pk__in=[pk for pk in named if pk])).order_by("code")

    @property
    def slots(self) -> list[Any]:
        return [self[slot] for slot in SLOTS]

    @property
    def switches(self) -> list[Any]:
        return [self[name] for name in SWITCHES]

    def clean(self) -> dict[str, Any]:
        answers: dict[str, Any] = super().clean() or self.cleaned_data
        if answers.get("roaming") and self.group.type == ChargeGroup.Type.HOME:
            self.add_error("roaming", "A Home group is not accessible for roaming: switch it off.")
        moment = answers.get("at")
        if moment is not None and moment <= database_clock():
            self.add_error(
                "at", "This moment has passed: choose one in the future, or leave it empty to change at once."
            )
        return answers

    @property
    def values(self) -> dict[str, Any]:
        """What was changed on the form; keys that were left alone stay as they are in force when it takes effect."""
        rows = Terms.objects.filter(charge_group=self.group, pk=self.cleaned_data.get("base") or 0)
        opened = rows.select_related(*SLOTS).first()
        typed = {key: self.cleaned_data[key] for key in KEYS}
        if opened is None:
            return typed
        return {key: value for key, value in typed.items() if value != getattr(opened, key)}

    @cached_property
    def undone(self) -> Change | None:
        """The change of this group that this one undoes, if it came from there."""
        pk = parse_pk(str(self.data.get("undoes") or ""))
        rows = Change.objects.filter(groups=self.group, kind=Change.Kind.TERMS, pk=pk or 0)
        change: Change | None = rows.filter(cancelled_at=None, takes_effect_at__lte=self.now).first()
        return change


def initial_of(terms: Terms | None) -> dict[str, Any]:
    if terms is None:
        return {}
    slots = {slot: getattr(terms, slot) and getattr(terms, slot).code for slot in SLOTS}
    return slots | {name: getattr(terms, name) for name in SWITCHES} | {"base": terms.pk}


def switches_of(flipped: Mapping[str, str]) -> dict[str, bool]:
    """The switches that an address names, each "on" or "off": the page from which it is reached flips one."""
    return {name: flipped[name] == "on" for name in SWITCHES if flipped.get(name) in ("on", "off")}


def _title(name: str) -> str:
    words = str(Terms._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
    return words[0].upper() + words[1:]


def _switches(group: ChargeGroup, login: StaffMember) -> Iterable[tuple[str, str]]:
    """What each switch means for people, and for how many of those that the login sees."""
    active = (
        Customer.objects.visible_to(login)
        .filter(provider_id=group.provider_id, status=Customer.Status.ACTIVE)
        .order_by()
    )
    counts = dict(active.values_list("user_group").annotate(number=Count("pk")))
    own = counts.get(group.user_group_id, 0)
    cards = ChargeCard.objects.visible_to(login).filter(
        provider_id=group.provider_id, roaming=True, status=ChargeCard.Status.ACTIVE
    )
    yield "own_user_group", f"Customers of {group.user_group} may charge here, present and future ones: {own:,} now."
    yield (
        "other_user_groups",
        (
            "Customers of your other user groups may charge here, a parent or a child of "
            f"{group.user_group} included: {sum(counts.values()) - own:,} now."
        ),
    )
    yield (
        "roaming",
        (
            "Cards with the roaming flag may charge here, of any provider on this platform: "
            f"{cards.count():,} of your own now, and any of others. This does not publish the location."
        ),
    )
    yield "social_charging", "Customers may ask to free up an occupied charge point, and queue for it."


class TermsWizard(ChangeWizard[ChargeGroup]):
    form_template = "changes/terms.html"
    saves_draft = True

    @property
    def title(self) -> str:
        return "Change terms"

    @property
    def back(self) -> str:
        return str(self.admin.page(self.obj.pk, "access"))

    @cached_property
    def form(self) -> TermsForm:
        return TermsForm(self.data or None, group=self.obj, login=self.request.user, flipped=self.request.GET)

    def plan(self) -> PlannedChange | None:
        if not self.form.is_valid():
            return None
        undone = self.form.undone
        return PlannedChange(NewTerms(self.obj, self.form.values, undone), self.form.cleaned_data["at"], undone)

    def form_context(self) -> dict[str, Any]:
        refusal = self.refusal
        if refusal and refusal.field in self.form.fields and self.form.is_bound:
            self.form.add_error(refusal.field, refusal.message)
            return self._form_page() | {"refused": ""}
        return self._form_page()

    def _form_page(self) -> dict[str, Any]:
        return {"form": self.form.describe(), "media": self.admin.media + self.form.media}


def change_terms(admin: ModelAdmin[ChargeGroup], request: StaffRequest, group: ChargeGroup) -> HttpResponseBase:
    if not may_change_terms(request.user, group):
        raise PermissionDenied
    return TermsWizard(admin, request, group).respond()


def typed_from(proposal: NewTerms, undoes: Change) -> QueryDict:
    """The form as it would be sent to propose this, for the preview of undoing a change."""
    rows = Terms.objects.in_force(database_clock()).filter(charge_group=proposal.group)
    now = rows.select_related(*SLOTS).first()
    data = QueryDict(mutable=True)
    for key in KEYS:
        value = proposal.values[key] if key in proposal.values else getattr(now, key, None)
        sent = value.code if isinstance(value, Tariff) else "on" if value is True else value or ""
        if sent:
            data[key] = sent
    data["base"], data["undoes"] = str(now.pk if now else ""), str(undoes.pk)
    return data
