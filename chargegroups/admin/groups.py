"""Which pages has a charge group?"""

from django.contrib import admin

from chargegroups.models import ChargeGroup
from evcnet.admin import ModelAdmin


@admin.register(ChargeGroup)
class ChargeGroupAdmin(ModelAdmin):
    list_display = ["code", "name"]
    list_filter = ["user_group", "type"]
    search_fields = ["code", "name"]
    fields = ["code", "name", "type", "user_group", "additional_information"]
