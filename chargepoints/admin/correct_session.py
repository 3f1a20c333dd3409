"""The action that corrects a session's price: one more rating, with a reason; the earlier ones stay."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextInputWidget,
)

from chargepoints.models import Rating, Session
from chargepoints.rating import Measured, Rater, correct, ratings_of
from chargepoints.rating_text import money
from evcnet.admin.actions import Action, ActionForm
from evcnet.bulk import BulkResult, RowMessage
from evcnet.errors import REFUSALS, DomainError, refusal_of
from tariffs.forms.tariff_picker import TariffField, offer_tariffs
from tariffs.models import Tariff, TariffVersion


def version_at(tariff: Tariff, session: Session) -> TariffVersion | None:
    """The version that was in force when the session started."""
    versions = TariffVersion.objects.in_force(session.started_at).filter(tariff=tariff)
    version: TariffVersion | None = versions.select_related("tariff__provider").prefetch_related("elements").first()
    return version


class CorrectForm(ActionForm):
    tariff = TariffField(
        empty_label="Choose a tariff", help_text="Its version that was in force when the session started."
    )
    minutes = forms.DecimalField(
        label="Minutes in all",
        min_value=Decimal(0),
        max_digits=12,
        decimal_places=4,
        widget=UnfoldAdminDecimalFieldWidget,
        help_text="From the start, which stays, to the end.",
    )
    kwh = forms.DecimalField(
        label="kWh", min_value=Decimal(0), max_digits=12, decimal_places=4, widget=UnfoldAdminDecimalFieldWidget
    )
    parking_seconds = forms.IntegerField(
        label="Seconds parked",
        min_value=0,
        max_value=366 * 86_400,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Connected but not charging, at the end.",
    )
    reason = forms.CharField(
        max_length=500, widget=UnfoldAdminTextInputWidget, help_text="Kept with the correction for everyone to read."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.session: Session = self.rows[0]
        self.rating: Rating | None = ratings_of([self.session]).get(self.session.pk)
        usable = Tariff.objects.visible_to(self.request.user, "use").filter(provider=self.session.provider_id)
        offer_tariffs(self, usable, self.request.user)
        measured = Measured.of(self.rating or self.session)
        self.initial = {
            "tariff": self.rating.tariff_version.tariff_id if self.rating else None,
            "minutes": (Decimal(measured.seconds) / 60).quantize(Decimal("0.0001")).normalize(),
            "kwh": measured.kwh.normalize(),
            "parking_seconds": measured.parking_seconds,
        }
        for name in ("minutes", "kwh"):
            self.initial[name] = f"{self.initial[name]:f}"

    @property
    def intro(self) -> str:  # type: ignore[override]
        if self.rating is None:
            return "It has no price, since the card was not allowed. With a reason it can be given one."
        price = money(self.rating.incl_vat, self.rating.currency)
        return f"It costs {price} including VAT. The new price counts from now on; this one stays readable."

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        version = version_at(cleaned["tariff"], self.session)
        if version is None:
            self.add_error("tariff", "It had no version in force when the session started: choose another tariff.")
            return cleaned
        length = timedelta(seconds=round(cleaned["minutes"] * 60))
        measured = Measured(
            self.session.started_at, self.session.started_at + length, cleaned["kwh"], cleaned["parking_seconds"]
        )
        try:
            if measured.ended_at > timezone.now():
                raise DomainError("The session would not have ended yet: give fewer minutes.", "minutes")
            Rater(self.session.provider).metered_session(self.session, measured)
        except DomainError as wrong:
            field = {"ended_at": "minutes"}.get(wrong.refusal.field or "", wrong.refusal.field)
            self.add_error(field if field in self.fields else None, wrong.refusal.message)
        return cleaned | {"version": version, "measured": measured, "by": self.request.user}


def _correct(sessions: list[Session], **answers: Any) -> BulkResult:
    (session,) = sessions
    try:
        correct(session, answers["version"], answers["measured"], answers["reason"], answers["by"])
    except REFUSALS as wrong:
        return BulkResult(refusals=(RowMessage(session, refusal_of(wrong).message),))
    return BulkResult(changed=(session,))


CORRECT = Action("correct", "Correct the price", "corrected", _correct, form=CorrectForm)
