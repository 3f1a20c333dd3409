"""Form and wizard of new terms of a charge group: filled in with the terms in force."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import QueryDict
from django.http.response import HttpResponseBase
from unfold.widgets import INPUT_CLASSES, SELECT_CLASSES

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
from tariffs.current_price import current_prices
from tariffs.models import Tariff

LISTED = 100
"""So many tariffs fit into a drop-down; more are found by their code."""
SUGGESTED = 2_000


@dataclass(frozen=True)
class TariffChoices:
    """Tariffs as fields offer them: by price, as (code, words), or, where they are many, as (code, name) to type.

    The words of tariffs of one name begin with their codes: nothing else may tell them apart.
    """

    listed: Sequence[tuple[str, str]] = ()
    codes: Sequence[tuple[str, str]] = ()

    @classmethod
    def of(cls, tariffs: QuerySet[Tariff], at: datetime) -> TariffChoices:
        if tariffs.count() > LISTED:
            return cls(codes=list(tariffs.values_list("code", "name")[:SUGGESTED]))
        prices = current_prices(tariffs, at).values()
        names = Counter(each.name for each in prices)
        listed = [(each.code, f"{each.code} {each}" if names[each.name] > 1 else str(each)) for each in prices]
        return cls(listed=sorted(listed, key=lambda choice: choice[1].casefold()))


class TariffField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A tariff of those that the login may use: a drop-down with prices, or, where they are many, its code."""

    def __init__(self, slot: str) -> None:
        field: Any = Terms._meta.get_field(slot)
        super().__init__(
            Tariff.objects.none(),
            label=str(field.verbose_name).capitalize(),
            required=not field.blank,
            help_text=field.help_text,
            to_field_name="code",
            empty_label="none: the tariff above" if field.blank else None,
            error_messages={"invalid_choice": "There is no such tariff here that you may use: choose another."},
        )

    def show(self, choices: TariffChoices) -> None:
        """For a page; what is sent is held against the queryset alone."""
        if choices.codes:
            self.widget = forms.TextInput(attrs={"list": "tariffs", "class": " ".join(INPUT_CLASSES)})
            self.help_text = f"{self.help_text} Type its code."
            return
        empty = [("", self.empty_label)] if self.empty_label else []
        self.widget = forms.Select(attrs={"class": " ".join(SELECT_CLASSES)}, choices=[*empty, *choices.listed])


class TermsForm(forms.Form):
    """The whole of the terms. What differs from the row that the form was opened on, ``base``, is proposed."""

    base = forms.IntegerField(required=False, widget=forms.HiddenInput)
    undoes = forms.IntegerField(required=False, widget=forms.HiddenInput)
    tariff = TariffField("tariff")
    prepaid_tariff = TariffField("prepaid_tariff")
    roaming_tariff = TariffField("roaming_tariff")
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
        self.offered = self._offered(login)
        for slot in SLOTS:
            self._tariff_field(slot).queryset = self.offered

    def describe(self) -> TermsForm:
        """For a page: prices of the tariffs, and what each switch means for how many.

        The words go to what the page draws: a form that was validated has taken them over from its fields already.
        """
        choices = TariffChoices.of(self.offered, self.now)
        self.codes = choices.codes
        for slot in SLOTS:
            field = self._tariff_field(slot)
            field.show(choices)
            self[slot].help_text = field.help_text
        for name, sentence in _switches(self.group, self.login):
            self[name].label, self[name].help_text = _title(name), sentence
        zone = self.group.provider.time_zone
        self["at"].help_text = f"In the time of {zone}. Empty: as soon as you confirm."
        return self

    def _tariff_field(self, slot: str) -> TariffField:
        field = self.fields[slot]
        assert isinstance(field, TariffField)
        return field

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
            return {"form": self.form.describe(), "refused": ""}
        return {"form": self.form.describe()}


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
