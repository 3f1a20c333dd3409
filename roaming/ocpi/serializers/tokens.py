"""Serializers of tokens and of the answer to a real-time authorization."""

from __future__ import annotations

from rest_framework import serializers

from roaming.models import PartnerToken
from roaming.ocpi.serializers.fields import OcpiId, OcpiMoment, OcpiObject, OcpiText


class EnergyContractSerializer(OcpiObject):
    supplier_name = OcpiText(64)
    contract_id = OcpiText(64, required=False)


class TokenSerializer(OcpiObject):
    """Sent by partners and given back to them; sent ones are read by token_object, which says all that is wrong."""

    country_code = OcpiId(2)
    party_id = OcpiId(3)
    uid = OcpiId(36)
    type = serializers.ChoiceField(PartnerToken.Type.values)
    contract_id = OcpiId(36)
    visual_number = OcpiText(64, required=False)
    issuer = OcpiText(64)
    group_id = OcpiId(36, required=False)
    valid = serializers.BooleanField()
    whitelist = serializers.ChoiceField(PartnerToken.Whitelist.values)
    language = OcpiText(2, required=False)
    default_profile_type = serializers.ChoiceField(PartnerToken.Profile.values, required=False)
    energy_contract = EnergyContractSerializer(required=False)
    last_updated = OcpiMoment()


class TokenChangeSerializer(OcpiObject):
    """The fields that change; the moment of the change is one of them."""

    contract_id = OcpiId(36, required=False)
    visual_number = OcpiText(64, required=False)
    issuer = OcpiText(64, required=False)
    group_id = OcpiId(36, required=False)
    valid = serializers.BooleanField(required=False)
    whitelist = serializers.ChoiceField(PartnerToken.Whitelist.values, required=False)
    language = OcpiText(2, required=False)
    default_profile_type = serializers.ChoiceField(PartnerToken.Profile.values, required=False)
    energy_contract = EnergyContractSerializer(required=False)
    last_updated = OcpiMoment()
