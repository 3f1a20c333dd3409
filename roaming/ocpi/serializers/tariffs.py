"""Serializers of tariffs, as partners get them in OCPI 2.2.1 and 2.3.0."""

from __future__ import annotations

from rest_framework import serializers

from roaming.ocpi.serializers.fields import OcpiId, OcpiMoment, OcpiObject, OcpiText
from tariffs.pricing.tariff import DIMENSIONS

DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


class PriceLimitSerializer(OcpiObject):
    """The names are those of 2.2.1 (VAT) or those of 2.3.0 (taxes)."""

    excl_vat = serializers.FloatField(required=False)
    incl_vat = serializers.FloatField(required=False)
    before_taxes = serializers.FloatField(required=False)
    after_taxes = serializers.FloatField(required=False)


class PriceComponentSerializer(OcpiObject):
    type = serializers.ChoiceField(list(DIMENSIONS))
    price = serializers.FloatField()
    vat = serializers.FloatField(required=False)
    step_size = serializers.IntegerField(min_value=0)


class TariffRestrictionsSerializer(OcpiObject):
    start_time = OcpiText(5, required=False)
    end_time = OcpiText(5, required=False)
    start_date = OcpiText(10, required=False)
    end_date = OcpiText(10, required=False)
    min_kwh = serializers.FloatField(required=False)
    max_kwh = serializers.FloatField(required=False)
    min_current = serializers.FloatField(required=False)
    max_current = serializers.FloatField(required=False)
    min_power = serializers.FloatField(required=False)
    max_power = serializers.FloatField(required=False)
    min_duration = serializers.IntegerField(required=False)
    max_duration = serializers.IntegerField(required=False)
    day_of_week = serializers.ListField(child=serializers.ChoiceField(DAYS), required=False)
    reservation = serializers.ChoiceField(["RESERVATION", "RESERVATION_EXPIRES"], required=False)


class TariffElementSerializer(OcpiObject):
    price_components = PriceComponentSerializer(many=True, allow_empty=False)
    restrictions = TariffRestrictionsSerializer(required=False)


class DisplayTextSerializer(OcpiObject):
    language = OcpiText(2)
    text = OcpiText(512)


class TariffSerializer(OcpiObject):
    country_code = OcpiId(2)
    party_id = OcpiId(3)
    id = OcpiId(36)
    currency = OcpiText(3)
    type = OcpiText(20, required=False)
    tariff_alt_text = DisplayTextSerializer(many=True, required=False)
    tariff_alt_url = OcpiText(255, required=False)
    min_price = PriceLimitSerializer(required=False)
    max_price = PriceLimitSerializer(required=False)
    elements = TariffElementSerializer(many=True, allow_empty=False)
    tax_included = serializers.ChoiceField(["YES", "NO", "N/A"], required=False, help_text="2.3.0 alone")
    start_date_time = OcpiMoment(required=False)
    end_date_time = OcpiMoment(required=False)
    last_updated = OcpiMoment()
