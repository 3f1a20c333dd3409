"""Serializers of locations, EVSEs and connectors, as partners get them."""

from __future__ import annotations

from rest_framework import serializers

from chargepoints.ocpi.vocabulary import CONNECTORS, FORMATS, LATER_CONNECTORS, PHASES, STATES
from roaming.ocpi.serializers.fields import OcpiId, OcpiMoment, OcpiObject, OcpiText


class CoordinatesSerializer(OcpiObject):
    latitude = serializers.RegexField(r"^-?[0-9]{1,2}\.[0-9]{5,7}$")
    longitude = serializers.RegexField(r"^-?[0-9]{1,3}\.[0-9]{5,7}$")


class ConnectorSerializer(OcpiObject):
    id = OcpiId(36)
    standard = serializers.ChoiceField([*CONNECTORS, *LATER_CONNECTORS])
    format = serializers.ChoiceField(FORMATS)
    power_type = serializers.ChoiceField(list(PHASES))
    max_voltage = serializers.IntegerField(min_value=0)
    max_amperage = serializers.IntegerField(min_value=0)
    max_electric_power = serializers.IntegerField(min_value=0, required=False)
    tariff_ids = serializers.ListField(child=OcpiId(36), required=False)
    last_updated = OcpiMoment()


class EvseSerializer(OcpiObject):
    uid = OcpiId(36)
    evse_id = OcpiId(48, required=False)
    status = serializers.ChoiceField(STATES)
    connectors = ConnectorSerializer(many=True, allow_empty=False)
    last_updated = OcpiMoment()


class LocationSerializer(OcpiObject):
    country_code = OcpiId(2)
    party_id = OcpiId(3)
    id = OcpiId(36)
    publish = serializers.BooleanField()
    name = OcpiText(255, required=False)
    address = OcpiText(45)
    city = OcpiText(45)
    postal_code = OcpiText(10, required=False)
    country = OcpiText(3)
    coordinates = CoordinatesSerializer()
    evses = EvseSerializer(many=True, required=False)
    time_zone = OcpiText(255)
    last_updated = OcpiMoment()
