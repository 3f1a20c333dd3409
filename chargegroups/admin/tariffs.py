"""Which pages has a tariff?"""

from django.contrib import admin

from chargegroups.models import Tariff, TariffOffer
from evcnet.admin import ModelAdmin, TabularInline


class OfferInline(TabularInline):
    model = TariffOffer


@admin.register(Tariff)
class TariffAdmin(ModelAdmin):
    list_display = ["code", "name"]
    search_fields = ["code", "name"]
    fields = ["code", "name", "currency"]
    inlines = [OfferInline]
