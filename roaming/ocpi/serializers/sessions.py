"""Serializers of sessions and CDRs, as partners get them in OCPI 2.2.1 and 2.3.0."""

from __future__ import annotations

from rest_framework import serializers

from roaming.models import PartnerToken
from roaming.ocpi.serializers.fields import OcpiId, OcpiMoment, OcpiObject, OcpiText
from roaming.ocpi.serializers.locations import CoordinatesSerializer
from roaming.ocpi.serializers.tariffs import TariffSerializer

METHODS = ("AUTH_REQUEST", "COMMAND", "WHITELIST")


class TaxAmountSerializer(OcpiObject):
    name = OcpiText(36)
    amount = serializers.FloatField()


class PriceSerializer(OcpiObject):
    """The names are those of 2.2.1 (VAT) or those of 2.3.0 (taxes)."""

    excl_vat = serializers.FloatField(required=False)
    incl_vat = serializers.FloatField(required=False)
    before_taxes = serializers.FloatField(required=False)
    taxes = TaxAmountSerializer(many=True, required=False)


class CdrTokenSerializer(OcpiObject):
    country_code = OcpiId(2)
    party_id = OcpiId(3)
    uid = OcpiId(36)
    type = serializers.ChoiceField(PartnerToken.Type.values)
    contract_id = OcpiId(36)


class CdrDimensionSerializer(OcpiObject):
    type = serializers.ChoiceField(["ENERGY", "TIME", "PARKING_TIME"])
    volume = serializers.FloatField()


class ChargingPeriodSerializer(OcpiObject):
    start_date_time = OcpiMoment()
    dimensions = CdrDimensionSerializer(many=True)
    tariff_id = OcpiId(36, required=False)


class SessionSerializer(OcpiObject):
    country_code = OcpiId(2)
    party_id = OcpiId(3)
    id = OcpiId(36)
    start_date_time = OcpiMoment()
    end_date_time = OcpiMoment(required=False)
    kwh = serializers.FloatField()
    cdr_token = CdrTokenSerializer()
    auth_method = serializers.ChoiceField(METHODS)
    location_id = OcpiId(36)
    evse_uid = OcpiId(36)
    connector_id = OcpiId(36)
    currency = OcpiText(3)
    charging_periods = ChargingPeriodSerializer(many=True, required=False)
    total_cost = PriceSerializer(required=False)
    status = serializers.ChoiceField(["ACTIVE", "COMPLETED", "INVALID", "PENDING", "RESERVATION"])
    last_updated = OcpiMoment()


class CdrLocationSerializer(OcpiObject):
    id = OcpiId(36)
    name = OcpiText(255, required=False)
    address = OcpiText(45)
    city = OcpiText(45)
    postal_code = OcpiText(10, required=False)
    country = OcpiText(3)
    coordinates = CoordinatesSerializer()
    evse_uid = OcpiId(36)
    evse_id = OcpiId(48)
    connector_id = OcpiId(36)
    connector_standard = OcpiText(30)
    connector_format = OcpiText(6)
    connector_power_type = OcpiText(20)


class CdrSerializer(OcpiObject):
    country_code = OcpiId(2)
    party_id = OcpiId(3)
    id = OcpiId(39)
    start_date_time = OcpiMoment()
    end_date_time = OcpiMoment()
    session_id = OcpiId(36)
    cdr_token = CdrTokenSerializer()
    auth_method = serializers.ChoiceField(METHODS)
    cdr_location = CdrLocationSerializer()
    currency = OcpiText(3)
    tariffs = TariffSerializer(many=True, required=False)
    charging_periods = ChargingPeriodSerializer(many=True, allow_empty=False)
    total_cost = PriceSerializer()
    total_fixed_cost = PriceSerializer(required=False)
    total_energy = serializers.FloatField()
    total_energy_cost = PriceSerializer(required=False)
    total_time = serializers.FloatField()
    total_time_cost = PriceSerializer(required=False)
    total_parking_time = serializers.FloatField(required=False)
    total_parking_cost = PriceSerializer(required=False)
    remark = OcpiText(255, required=False)
    credit = serializers.BooleanField(required=False)
    credit_reference_id = OcpiId(39, required=False)
    last_updated = OcpiMoment()
