"""Change the terms of a charge group: what is asked, filled in with the terms in force."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, QueryDict
from unfold.widgets import INPUT_CLASSES, SELECT_CLASSES

from changes.admin.wizard import Draft, Flow
from changes.models import Change
from changes.permissions import may_change_terms
from changes.proposals import NewTerms
from changes.proposals.terms import KEYS
from chargegroups.forms import MomentField
from chargegroups.models import ChargeGroup, Terms
from chargegroups.terms import SLOTS, SWITCHES
from customers.models import ChargeCard, Customer
from evcnet.datetimes import database_clock
from tariffs.current_price import current_prices
from tariffs.models import Tariff

LISTED = 100
"""So many tariffs fit into a drop-down; more are found by their code."""
SUGGESTED = 2_000


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

    codes: Sequence[tuple[str, str]] = ()
    """Codes and names that the browser offers while one types; other codes can be typed as well."""

    def offer(self, tariffs: Any, at: Any) -> None:
        self.queryset = tariffs
        if tariffs.count() > LISTED:
            self.codes = list(tariffs.values_list("code", "name")[:SUGGESTED])
            self.widget = forms.TextInput(attrs={"list": "tariffs", "class": " ".join(INPUT_CLASSES)})
            self.help_text = f"{self.help_text} Type its code."
            return
        prices = current_prices(tariffs, at)
        self.widget = forms.Select(attrs={"class": " ".join(SELECT_CLASSES)})
        listed = [(price.code, str(price)) for price in prices.values()]
        self.widget.choices = [*([("", self.empty_label)] if self.empty_label else []), *sorted(listed, key=_by_name)]


def _by_name(choice: tuple[str, str]) -> str:
    return choice[1].casefold()


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

    def __init__(self, data: Any = None, *, group: ChargeGroup, login: Any) -> None:
        self.group = group
        now = database_clock()
        self.in_force: Terms | None = (
            Terms.objects.in_force(now).filter(charge_group=group).select_related(*SLOTS).first()
        )
        super().__init__(data, initial=initial_of(self.in_force))
        offered = self._offered(login)
        for slot in SLOTS:
            self.fields[slot].offer(offered, now)  # type: ignore[attr-defined]
        self.codes = self.fields["tariff"].codes  # type: ignore[attr-defined]
        for name, sentence in _switches(group, login):
            self.fields[name].label, self.fields[name].help_text = _title(name), sentence
        self.fields["at"].help_text = f"In the time of {group.provider.time_zone}. Empty: as soon as you confirm."

    def _offered(self, login: Any) -> Any:
        """Those that the login may use, and those that the terms in force name, offered or not."""
        own = Tariff.objects.filter(provider_id=self.group.provider_id)
        named = [getattr(self.in_force, f"{slot}_id") for slot in SLOTS] if self.in_force else []
        visible = Tariff.objects.visible_to(login).values("pk")
        return (own.filter(pk__in=visible) | own.filter(pk__in=[pk for pk in named if pk])).order_by("code")

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
        opened = Terms.objects.filter(charge_group=self.group, pk=self.cleaned_data.get("base") or 0).first()
        typed = {key: self.cleaned_data[key] for key in KEYS}
        if opened is None:
            return typed
        return {key: value for key, value in typed.items() if value != getattr(opened, key)}

    @property
    def undone(self) -> Change | None:
        """The change of this group that this one undoes, if it came from there."""
        wanted = self.cleaned_data.get("undoes")
        found: Change | None = Change.objects.filter(groups=self.group, pk=wanted).first() if wanted else None
        return found


def initial_of(terms: Terms | None) -> dict[str, Any]:
    if terms is None:
        return {}
    slots = {slot: getattr(terms, slot) and getattr(terms, slot).code for slot in SLOTS}
    return slots | {name: getattr(terms, name) for name in SWITCHES} | {"base": terms.pk}


def _title(name: str) -> str:
    words = str(Terms._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
    return words[0].upper() + words[1:]


def _switches(group: ChargeGroup, login: Any) -> Iterable[tuple[str, str]]:
    """What each switch means for people, and for how many."""
    active = Customer.objects.filter(provider_id=group.provider_id, status=Customer.Status.ACTIVE).order_by()
    counts = dict(active.values_list("user_group").annotate(number=Count("pk")))
    own = counts.get(group.user_group_id, 0)
    cards = ChargeCard.objects.filter(provider_id=group.provider_id, roaming=True, status=ChargeCard.Status.ACTIVE)
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


class TermsFlow(Flow):
    form_template = "changes/terms.html"
    title = "Change terms"

    @property
    def back(self) -> str:
        return str(self.admin.page(self.obj.pk, "access"))

    def _form(self) -> TermsForm:
        if not hasattr(self, "_made_form"):
            self._made_form = TermsForm(self.data or None, group=self.obj, login=self.request.user)
        return self._made_form

    def draft(self) -> Draft | None:
        form = self._form()
        if not form.is_valid():
            return None
        return Draft(NewTerms(self.obj, form.values), form.cleaned_data["at"], form.undone)

    def form_context(self) -> dict[str, Any]:
        form = self._form()
        message = self.refused
        if message and message.field in form.fields and form.is_bound:
            form.add_error(message.field, message.message)
            return {"form": form, "refused": ""}
        return {"form": form}


def change_terms(admin: Any, request: HttpRequest, group: ChargeGroup) -> HttpResponse:
    if not may_change_terms(request.user, group):
        raise PermissionDenied
    return TermsFlow(admin, request, group).respond()


def typed_from(proposal: NewTerms, undoes: Change) -> QueryDict:
    """The form as it would be sent to propose this, for the preview of undoing a change."""
    now = Terms.objects.in_force(database_clock()).filter(charge_group=proposal.group).first()
    data = QueryDict(mutable=True)
    for key, value in proposal.values.items():
        sent = value.code if isinstance(value, Tariff) else "on" if value is True else value or ""
        if sent:
            data[key] = sent
    data["base"], data["undoes"] = str(now.pk if now else ""), str(undoes.pk)
    return data
