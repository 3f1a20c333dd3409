"""The list of tariffs, and the pages of each."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.html import format_html

from chargegroups.models import ChargeGroup
from chargegroups.tariff_usage import group_counts, groups_using
from customers.models import StaffMember
from evcnet.admin.base import TabularInline
from evcnet.admin.overview import Overview, OverviewAdmin
from evcnet.admin.own_rows import OwnRowsAdmin
from evcnet.admin.requests import StaffRequest
from evcnet.badges import badge
from evcnet.datetimes import database_clock
from evcnet.history import event_model
from evcnet.importexport.admin import BulkImportExportAdmin
from evcnet.text import counted
from tariffs.admin import calculator, new_version, version_list
from tariffs.admin.add_tariff import add_tariff
from tariffs.admin.overview_page import tariff_overview
from tariffs.current_price import CurrentPrice, current_prices
from tariffs.models import Tariff, TariffElement, TariffOffer, TariffVersion
from tariffs.resources import TariffResource
from tariffs.writes import remove_tariff


class TariffSummary:
    """One tariff now: its price, how many of the login's groups use it, and when its next version begins."""

    def __init__(self, tariff: Tariff, login: StaffMember) -> None:
        self.tariff, self.login, self.at = tariff, login, database_clock()

    @cached_property
    def price(self) -> CurrentPrice:
        return current_prices([self.tariff], self.at)[self.tariff.pk]

    @cached_property
    def groups(self) -> int:
        count: int = groups_using(self.tariff).visible_to(self.login).count()
        return count

    @cached_property
    def next_begins_at(self) -> datetime | None:
        later = self.tariff.versions.filter(valid_from__gt=self.at)
        begins: datetime | None = later.order_by("valid_from").values_list("valid_from", flat=True).first()
        return begins


class OfferInline(TabularInline):
    model = TariffOffer
    fields = ["user_group"]
    verbose_name_plural = "offers: sub providers of these user groups may use this tariff"


@admin.register(Tariff)
class TariffAdmin(OverviewAdmin[Tariff], OwnRowsAdmin[Tariff], BulkImportExportAdmin):
    resource_classes = (TariffResource,)
    list_display = ["code", "name", "price_now", "currency", "used"]
    list_filter = ["currency"]
    search_fields = ["code", "name"]
    search_help_text = "Code or name"
    empty_words = "Price lists with dated versions, of which each charge group names one."
    empty_advice = "Make a tariff before the first charge group."
    fieldsets = [(None, {"fields": ["code", "name", "currency", "user_group"]})]
    inlines = [OfferInline]

    # The list

    prices: dict[int, CurrentPrice]
    group_counts: dict[int, int]

    def fetch_columns(self, request: StaffRequest, rows: list[Tariff]) -> None:
        self.prices = current_prices(rows, database_clock())
        self.group_counts = group_counts((row.pk for row in rows), self._groups_in_sight(request))

    @staticmethod
    def _groups_in_sight(request: StaffRequest) -> list[int] | None:
        """None where all groups of the tariffs are: a login of user groups counts its own."""
        if not request.user.scope("tariffs.view_tariff").user_groups:
            return None
        return list(ChargeGroup.objects.visible_to(request.user).values_list("pk", flat=True))

    @admin.display(description="price now")
    def price_now(self, tariff: Tariff) -> str:
        price = self.prices[tariff.pk]
        if price.version is None:
            return format_html('<span class="evc-soft">{}</span>', price.words)
        return badge("free") if price.free else format_html('<span class="evc-price">{}</span>', price.text)

    @admin.display(description="used by")
    def used(self, tariff: Tariff) -> str:
        count = self.group_counts.get(tariff.pk, 0)
        return counted(count, "charge group") if count else "–"

    # The pages of one

    def tabs(self, request: StaffRequest, obj: Tariff) -> list[tuple[str, str]]:
        pages = [
            ("Overview", "overview"),
            ("Prices", "prices"),
            ("Calculator", "calculator"),
            ("Data and offers", "change"),
            ("Used by", "uses"),
            ("History", "history"),
        ]
        return [(label, self.page(obj.pk, view)) for label, view in pages]

    def overview(self, request: StaffRequest, obj: Tariff) -> Overview:
        return tariff_overview(self, request, obj)

    def page_context(self, request: StaffRequest, obj: Tariff | None, title: str) -> dict[str, Any]:
        return super().page_context(request, obj, title) | self._summary(request, obj)

    def render_change_form(self, request: StaffRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        return super().render_change_form(
            request, context | self._summary(request, context.get("original")), *args, **kwargs
        )

    def _summary(self, request: StaffRequest, tariff: Tariff | None) -> dict[str, Any]:
        if tariff is None:
            return {}
        return {"summary": TariffSummary(tariff, request.user), "summary_template": "tariffs/tariff_summary.html"}

    def object_views(self) -> dict[str, Any]:
        return {
            "prices": version_list.prices,
            "prices/add": new_version.add_version,
            "prices/edit": new_version.edit_version,
            "calculator": calculator.calculator,
            "simple": new_version.simple_version,
            "version": new_version.change_version,
            "uses": version_list.uses,
        }

    def history_sources(self, obj: Tariff) -> list[tuple[Any, Any]]:
        own = TariffVersion.objects.filter(tariff=obj).values("pk")
        elements = TariffElement.objects.filter(version__tariff=obj).values("pk")
        offers = event_model(TariffOffer)._base_manager.filter(tariff=obj.pk).values("pgh_obj")
        return [(Tariff, [obj.pk]), (TariffVersion, own), (TariffElement, elements), (TariffOffer, offers)]

    # A new one, with its first version

    def add_view(self, request: StaffRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return add_tariff(self, request)

    # Removal

    def get_deleted_objects(self, objs: Any, request: StaffRequest) -> Any:
        return [str(tariff) for tariff in objs], {"tariffs": len(objs)}, set(), []

    def delete_view(self, request: StaffRequest, object_id: str, extra_context: Any = None) -> Any:
        tariff = self.get_object_or_404(request, object_id, "delete")
        if tariff.versions.filter(valid_from__lte=database_clock()).exists():
            messages.warning(
                request,
                f"The prices of {tariff} have been in force, so it stays with its history. "
                "Where no group, no exception and no agreement names it, it costs nobody anything.",
            )
            return HttpResponseRedirect(self.page(tariff.pk, "uses"))
        return super().delete_view(request, object_id, extra_context)

    def delete_model(self, request: StaffRequest, obj: Tariff) -> None:
        remove_tariff(obj)
