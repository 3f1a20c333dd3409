"""Serializers of versions and credentials."""

from __future__ import annotations

from rest_framework import serializers

from roaming.ocpi.serializers.fields import OcpiId, OcpiObject, OcpiText

ROLES = ("CPO", "EMSP", "HUB", "NAP", "NSP", "OTHER", "PTP", "SCSP")


class VersionSerializer(OcpiObject):
    version = OcpiText(10)
    url = OcpiText(255)


class EndpointSerializer(OcpiObject):
    identifier = OcpiText(40)
    role = serializers.ChoiceField(["SENDER", "RECEIVER"])
    url = OcpiText(255)


class VersionDetailsSerializer(OcpiObject):
    version = OcpiText(10)
    endpoints = EndpointSerializer(many=True)


class BusinessDetailsSerializer(OcpiObject):
    name = OcpiText(100)
    website = OcpiText(255, required=False)


class CredentialsRoleSerializer(OcpiObject):
    role = serializers.ChoiceField(ROLES)
    business_details = BusinessDetailsSerializer()
    party_id = OcpiId(3)
    country_code = OcpiId(2)


class CredentialsSerializer(OcpiObject):
    token = OcpiId(64)
    url = OcpiText(255)
    roles = CredentialsRoleSerializer(many=True, allow_empty=False, max_length=100)
