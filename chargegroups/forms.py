"""Forms of charge groups and exceptions."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.db.models import Count
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldBooleanSwitchWidget

from chargegroups.models import ChargeGroup, CustomerException, Terms
from chargegroups.terms import OPENINGS
from chargepoints.models import ChargePoint
from chargepoints.point_picker import PointPicker
from customers.models import Customer, StaffMember
from evcnet.admin.forms import PortalForm
from evcnet.admin.moment_field import MomentField
from evcnet.admin.requests import StaffRequest
from evcnet.datetimes import database_clock
from evcnet.primary_keys import parse_pk
from tariffs.current_price import current_prices
from tariffs.forms.tariff_picker import TariffField, offer_tariffs
from tariffs.models import Tariff


def switch_field(name: str) -> forms.BooleanField:
    field: Any = Terms._meta.get_field(name)
    return forms.BooleanField(
        label=str(field.verbose_name).capitalize(),
        required=False,
        help_text=field.help_text,
        widget=UnfoldBooleanSwitchWidget(),
    )


class ExceptionForm(PortalForm):
    """One row of "Customers and tariffs". The charge group and the customer are those of the row."""

    tariff = TariffField(
        required=False,
        empty_label="as the charge group says",
        help_text=CustomerException._meta.get_field("tariff").help_text,
    )
    valid_from = MomentField(label="From", help_text="Empty: always.")
    valid_until = MomentField(ends=True, label="Until", help_text="Empty: until it is removed.")

    class Meta:
        model = CustomerException
        fields = ["access", "tariff", "valid_from", "valid_until", "note"]
        widgets = {"note": forms.TextInput(attrs={"maxlength": 500})}

    def __init__(self, *args: Any, request: StaffRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        group = self.instance.charge_group
        usable = Tariff.objects.visible_to(request.user, "use")
        offered = usable.usable_in(provider=group.provider_id, user_group=group.user_group_id)
        # The tariff that the exception names already stays a choice, also where it is no longer offered.
        named = Tariff.objects.filter(pk=self.instance.tariff_id)
        offer_tariffs(self, offered.distinct() | named.distinct(), request.user)
        if self.instance.pk is None:
            self.initial["access"] = CustomerException.Access.ALLOWED

    def clean(self) -> dict[str, Any]:
        answers = super().clean()
        policy = answers.get("access") == CustomerException.Access.POLICY
        if self.instance.pk is None and policy and "tariff" in answers and not answers["tariff"]:
            self.add_error("access", "As the policy says and without a tariff, an exception changes nothing.")
        return answers


class ChargeGroupAddForm(PortalForm):
    """A new charge group with its first terms and the charge points that it begins with."""

    tariff = TariffField.of_terms("tariff")
    prepaid_tariff = TariffField.of_terms("prepaid_tariff")
    roaming_tariff = TariffField.of_terms("roaming_tariff")
    free_for_everyone = forms.BooleanField(
        label="Free of charge is meant",
        required=False,
        help_text="Asked for where the tariff is free of charge: everybody who may charge then charges for free.",
    )
    own_user_group = switch_field("own_user_group")
    other_user_groups = switch_field("other_user_groups")
    roaming = switch_field("roaming")
    social_charging = switch_field("social_charging")
    nobody_yet = forms.BooleanField(
        label="Nobody yet",
        required=False,
        help_text="Tick this to make the group without opening it to anybody.",
    )
    valid_from = MomentField(label="In force from", help_text="Empty: from now on. Past and future are possible.")
    points = forms.ModelMultipleChoiceField(
        ChargePoint.objects.none(),
        label="Charge points",
        required=False,
        help_text="As many as you like; more can be attached later. "
        "Where one leaves another charge group, or is active, a page first shows whom that affects.",
        widget=PointPicker,
    )

    class Meta:
        model = ChargeGroup
        fields = ["code", "name", "type", "user_group", "additional_information"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        login = self.request.user
        offer_tariffs(self, Tariff.objects.visible_to(login, "use").distinct(), login)
        points: Any = self.fields["points"]
        offered = ChargePoint.objects.visible_to(login, "change").select_related("location", "charge_group", "provider")
        points.queryset = points.widget.points = offered
        self._explain(login)

    def _explain(self, login: StaffMember) -> None:
        """Beside each switch how many customers it means, by the user group that is chosen."""
        active = Customer.objects.visible_to(login).filter(status=Customer.Status.ACTIVE)
        counts = {row["user_group"]: row["n"] for row in active.order_by().values("user_group").annotate(n=Count("pk"))}
        groups = [group.pk for group in self.fields["user_group"].queryset]  # type: ignore[attr-defined]
        total = sum(counts.values())
        by_group = {pk: [counts.get(pk, 0), total - counts.get(pk, 0)] for pk in groups}
        widget: Any = self.fields["user_group"].widget
        getattr(widget, "widget", widget).attrs["data-customers"] = json.dumps(by_group)
        selected = parse_pk(str(self["user_group"].value() or (groups[0] if len(groups) == 1 else "")))
        chosen = by_group.get(selected) if selected is not None else None
        for name, index in (("own_user_group", 0), ("other_user_groups", 1)):
            self.fields[name].help_text = _with_count(self.fields[name].help_text, index, chosen)

    def clean(self) -> dict[str, Any]:
        answers = super().clean()
        opened = [name for name in OPENINGS if answers.get(name)]
        if not opened and not answers.get("nobody_yet"):
            self.add_error("nobody_yet", "Say who may charge: switch one of the above on, or tick “nobody yet”.")
        if opened and answers.get("nobody_yet"):
            self.add_error("nobody_yet", "The group is opened above, so it is not “nobody yet”: choose one of the two.")
        if answers.get("type") == ChargeGroup.Type.HOME and answers.get("roaming"):
            self.add_error(
                "roaming", "A Home group is not accessible for roaming: switch it off, or choose type Other."
            )
        self._confirm_free(answers)
        return answers

    def _confirm_free(self, answers: dict[str, Any]) -> None:
        tariff = answers.get("tariff")
        if tariff is None or answers.get("free_for_everyone"):
            return
        moment = max(answers.get("valid_from") or database_clock(), database_clock())
        if current_prices([tariff], moment)[tariff.pk].free:
            self.add_error("free_for_everyone", f"{tariff} is free of charge for everyone: tick this if that is meant.")


def _with_count(sentence: Any, index: int, counts: list[int] | None) -> SafeString:
    number = f"{counts[index]:,}" if counts else "choose a user group to see how many"
    return format_html('{} <strong data-counted="{}">{}</strong>', sentence, index, f"Now: {number}")
