"""The calculator's form: a reference session, or one that is typed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from customers.models import Provider
from evcnet.admin.moment_field import MomentField
from tariffs.pricing import InvalidSession, Minimum, Session
from tariffs.pricing.reference_sessions import REFERENCE_SESSIONS

OWN = "own"
REFERENCES = {each.key: each for each in REFERENCE_SESSIONS}
TYPED = ("start", "kwh", "charging", "parked", "kw")
MOST_MINUTES = 7 * 24 * 60  # all 168 hours of a week are priced: a longer session would make the page slow
FIELD_OF = {"start": "start", "time_zone": "start", "periods[0].kw": "kw", "periods[0].seconds": "charging"}


class WallClockField(MomentField):
    """A start as the clock at the location shows it; a time with an offset is that very moment."""

    def to_python(self, value: Any) -> datetime | None:
        text = str(value or "").strip()
        if not text:
            return None
        try:
            return datetime.fromisoformat(text)
        except ValueError as error:
            raise ValidationError("This is not a time: write it like 2026-12-01T17:30.") from error


def _number(label: str, most: int, decimals: int, **options: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        required=False,
        min_value=0,
        max_value=most,
        decimal_places=decimals,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={
            "invalid": "This is not a number: write digits with a point as decimal sign.",
            "min_value": "Give 0 or more.",
            "max_value": "Give at most %(limit_value)s, or check the unit.",
        },
        **options,
    )


class SessionForm(forms.Form):
    """`session` is what was picked or typed, None while something is wrong with it."""

    session_kind = forms.ChoiceField(
        label="Session",
        choices=[(each.key, each.title) for each in REFERENCE_SESSIONS] + [(OWN, "A session of your own")],
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": "Choose one of these sessions."},
    )
    start = WallClockField(label="Start", required=False)
    kwh = _number("kWh", 2_000, 4)
    charging = _number("Minutes charging", MOST_MINUTES, 2)
    parked = _number("Minutes parked", MOST_MINUTES, 2, help_text="Connected after charging. Empty: none.")
    kw = _number("kW", 10_000, 4, help_text="Counts all the time it charges. Empty: the average.")
    beside = forms.ChoiceField(
        label="Beside it",
        required=False,
        error_messages={"invalid_choice": "This tariff has no such version: choose one of these."},
    )

    def __init__(
        self, provider: Provider, now: datetime, versions: list[tuple[str, str]], typed: Mapping[str, str]
    ) -> None:
        self.provider = provider
        self.now = now.astimezone(provider.zone)
        self.session: Session | None = None
        super().__init__(self._defaults() | dict(typed))
        beside: Any = self.fields["beside"]
        beside.choices = [("", "No other version"), *versions]
        self.fields["start"].help_text = f"By the clock in {provider.time_zone}."

    def _defaults(self) -> dict[str, str]:
        hour = self.now.replace(minute=0, tzinfo=None)
        return {
            "session_kind": REFERENCE_SESSIONS[0].key,
            "start": f"{hour:%Y-%m-%dT%H:%M}",
            "kwh": "22",
            "charging": "120",
            "parked": "60",
            "kw": "",
        }

    @property
    def typed_fields(self) -> list[Any]:
        return [self[name] for name in TYPED]

    def clean(self) -> dict[str, Any]:
        answers: dict[str, Any] = super().clean() or self.cleaned_data
        kind = answers.get("session_kind")
        if kind in REFERENCES:
            for name in TYPED:  # nothing of this counts, so nothing of it is wrong
                self.errors.pop(name, None)
            self._take(lambda: REFERENCES[kind].on_or_after(self.now.date(), self.provider.time_zone))
        elif kind == OWN:
            self._own(answers)
        return answers

    def _own(self, answers: dict[str, Any]) -> None:
        for name in ("start", "kwh", "charging"):
            if name not in self.errors and answers.get(name) is None:
                self.add_error(name, "Give this of a session of your own.")
        if any(name in self.errors for name in TYPED):
            return
        seconds, parked = (round((answers[name] or Decimal(0)) * 60) for name in ("charging", "parked"))
        kwh, kw = answers["kwh"], answers["kw"]
        if kw is not None and kwh * 3600 > kw * seconds * Decimal("1.01"):
            minutes = f"{answers['charging'].normalize():f} minutes"
            self.add_error("kw", f"{kw} kW does not give {kwh} kWh in {minutes}: give more, or leave it empty.")
            return
        rows: list[Any] = [("charging", seconds, kwh, kw, None)]
        if parked:
            rows.append(("parking", parked, 0))
        self._take(lambda: Session.of(answers["start"], self.provider.time_zone, rows))

    def _take(self, build: Any) -> None:
        try:
            session = build()
        except InvalidSession as wrong:
            for problem in wrong.problems:
                reason = f"{problem.reason[:1].upper()}{problem.reason[1:]}"
                self.add_error(self._place(problem.path), f"{reason}; {problem.remedy}.")
            return
        least = Minimum(self.provider.minimum_seconds, self.provider.minimum_kwh)
        self.session = replace(session, minimum=least)

    def _place(self, path: str) -> str:
        if self.cleaned_data.get("session_kind") != OWN:
            return "session_kind"
        return FIELD_OF.get(path, "kwh")
