"""Admin of the settings of letters: one page for each provider."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.utils.html import format_html

from customers.logos import Logo, read_logo
from customers.models import Customer, LetterSettings
from evcnet.admin.base import ModelAdmin
from evcnet.admin.forms import PortalForm
from evcnet.admin.requests import StaffRequest


class LetterSettingsForm(PortalForm):
    new_logo = forms.FileField(
        label="New logo",
        required=False,
        help_text="PNG or JPEG, at most 100 kB and 1,200 by 1,200 pixels. It goes along with every letter.",
        widget=forms.FileInput(attrs={"accept": ".png,.jpg,.jpeg", "class": "evc-file"}),
    )
    no_logo = forms.BooleanField(label="Without a logo", required=False, help_text="Takes away the one that is there.")
    read: Logo | None = None

    def clean_new_logo(self) -> Any:
        file = self.cleaned_data["new_logo"]
        if file:
            self.read = read_logo(file.read(), file.name)
        return file

    def validate_unique(self) -> None:
        """The provider is no field of the form, so that what is wrong about it is said above all fields."""
        taken = LetterSettings.objects.filter(provider=self.instance.provider_id).exclude(pk=self.instance.pk)
        if taken.exists():
            self.add_error(None, "This provider has letter settings already: change those.")
        else:
            super().validate_unique()

    def save(self, commit: bool = True) -> Any:
        if self.read is not None:
            self.instance.logo, self.instance.logo_type = self.read.content, self.read.media_type
            self.instance.logo_name = self.read.name
        elif self.cleaned_data.get("no_logo"):
            self.instance.logo, self.instance.logo_type, self.instance.logo_name = b"", "", ""
        return super().save(commit)


@admin.register(LetterSettings)
class LetterSettingsAdmin(ModelAdmin[LetterSettings]):
    form = LetterSettingsForm
    list_display = ["provider", "shown_sender", "reply_to", "phone", "price_rise_days", "reminder_days"]
    list_display_links = ["provider"]
    list_select_related = ["provider"]
    search_fields = ["provider__name", "sender_name"]
    search_help_text = "Provider or sender"
    empty_words = (
        "Letters tell customers what changes where they charge. Until their settings are added they come under the "
        "provider's name, without a logo or words of its own, and nobody is reminded."
    )
    readonly_fields = ["shown_logo"]
    fieldsets = [
        ("Sender", {"fields": ["sender_name", "reply_to", "phone", "shown_logo", "new_logo", "no_logo"]}),
        ("When", {"fields": ["price_rise_days", "reminder_days"]}),
        *(
            (f"Words in {label}", {"fields": [f"opening_{language}", f"ending_{language}"]})
            for language, label in Customer.Language.choices
        ),
    ]

    def has_delete_permission(self, request: StaffRequest, obj: models.Model | None = None) -> bool:
        return False

    @admin.display(description="sender", ordering="sender_name")
    def shown_sender(self, row: LetterSettings) -> str:
        return row.sender

    @admin.display(description="logo")
    def shown_logo(self, row: LetterSettings) -> str:
        if not row.logo:
            return "none"
        return format_html('<img class="evc-logo" src="{}" alt=""> {}', row.logo_as_url, row.logo_name)
