"""Admin of partners: e-MSPs with their agreements. Their groups, tokens and connection are pages of their own."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db import models
from django.db.models import Count, OuterRef, Subquery
from django.http import HttpResponse, HttpResponseRedirect
from django.utils import timezone

from evcnet.admin.base import ModelAdmin, StackedInline
from evcnet.admin.requests import StaffRequest
from evcnet.badges import badge, two_lines
from roaming.admin import connection_tab, groups_tab
from roaming.models import Agreement, Partner, PartnerToken
from tariffs.forms.tariff_picker import TariffChoices, TariffField
from tariffs.models import Tariff


class AgreementInline(StackedInline):
    model = Agreement
    fields = ["valid_from", "valid_until", "tariff", "note"]
    ordering = ["-valid_from"]
    verbose_name_plural = "agreements: while one is in force, the partner's customers may charge where roaming is on"

    def formfield_for_foreignkey(self, db_field: Any, request: StaffRequest, **kwargs: Any) -> Any:
        if db_field.name != "tariff":
            return super().formfield_for_foreignkey(db_field, request, **kwargs)
        empty = "the price of each charge group"
        label = str(db_field.verbose_name).capitalize()
        field = TariffField(required=False, label=label, help_text=db_field.help_text, empty_label=empty)
        field.offer(TariffChoices(Tariff.objects.visible_to(request.user, "use"), request.user))
        return field


@admin.register(Partner)
class PartnerAdmin(ModelAdmin[Partner]):
    list_display = ["name", "display_code", "role", "display_agreement", "display_tokens", "display_connection"]
    search_fields = ["name", "party_id"]
    search_help_text = "Name or party id"
    fields = ["name", "country_code", "party_id", "role", "contacts"]
    inlines = (AgreementInline,)
    list_select_related = ("connection",)
    empty_words = (
        "Partners are e-MSPs whose customers may charge at your charge groups that are accessible for roaming. Add one "
        "with its agreement, then connect it by OCPI or import its tokens."
    )
    agreements: dict[int, Agreement]
    tokens: dict[int, int]
    """Of the partners of one list page: the agreement in force, and how many tokens."""

    def has_delete_permission(self, request: StaffRequest, obj: models.Model | None = None) -> bool:
        return False

    def fetch_columns(self, request: StaffRequest, rows: list[Partner]) -> None:
        keys = [row.pk for row in rows]
        in_force = Agreement.objects.in_force(timezone.now()).filter(partner__in=keys).select_related("tariff")
        self.agreements = {each.partner_id: each for each in in_force}
        counts = (
            PartnerToken.objects.filter(partner=OuterRef("pk")).order_by().values("partner").annotate(n=Count("pk"))
        )
        pairs = Partner.objects.filter(pk__in=keys).annotate(n=Subquery(counts.values("n"))).values_list("pk", "n")
        self.tokens = {pk: number or 0 for pk, number in pairs}

    @admin.display(description="party", ordering="party_id")
    def display_code(self, partner: Partner) -> str:
        return partner.code

    @admin.display(description="agreement")
    def display_agreement(self, partner: Partner) -> str:
        agreement = self.agreements.get(partner.pk)
        if agreement is None:
            return two_lines(badge("no"), "none in force")
        return two_lines(badge("now"), str(agreement.tariff) if agreement.tariff else "price of the charge group")

    @admin.display(description="tokens")
    def display_tokens(self, partner: Partner) -> str:
        return f"{self.tokens[partner.pk]:,}"

    @admin.display(description="connection")
    def display_connection(self, partner: Partner) -> str:
        connection = getattr(partner, "connection", None)
        return badge(f"partner_{connection.state if connection else 'none'}")

    # The pages of one

    def tabs(self, request: StaffRequest, obj: Partner) -> list[tuple[str, str]]:
        return [
            ("Partner and agreements", self.page(obj.pk)),
            ("Groups and prices", self.page(obj.pk, "groups")),
            ("Connection", self.page(obj.pk, "connection")),
        ]

    def object_views(self) -> dict[str, Any]:
        return {"groups": groups_tab.groups_view, "connection": connection_tab.connection_view}

    def get_urls(self) -> list[Any]:
        return [*connection_tab.posts(self), *super().get_urls()]

    def history_sources(self, obj: Partner) -> list[Any]:
        return [*super().history_sources(obj), (Agreement, list(obj.agreements.values_list("pk", flat=True)))]

    def response_add(self, request: StaffRequest, obj: Partner, post_url_continue: Any = None) -> HttpResponse:
        """What comes next is to connect."""
        messages.success(request, f"{obj} was added. Connect it here, or import its tokens from a file.")
        return HttpResponseRedirect(self.page(obj.pk, "connection"))
