"""Serializers of commands, and of the answers to them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from roaming.ocpi.serializers.fields import OcpiId, OcpiObject, OcpiText

RESULTS = ("ACCEPTED", "NOT_SUPPORTED", "REJECTED", "UNKNOWN_SESSION")


class StartSessionSerializer(OcpiObject):
    """``token`` is read as those that are put (token_object)."""

    response_url = OcpiText(255)
    token: Any = serializers.DictField()
    location_id = OcpiId(36)
    evse_uid = OcpiId(36, required=False)
    connector_id = OcpiId(36, required=False)
    authorization_reference = OcpiId(36, required=False)


class StopSessionSerializer(OcpiObject):
    response_url = OcpiText(255)
    session_id = OcpiId(36)


class CommandResponseSerializer(OcpiObject):
    """``timeout``: for so many seconds the device may still answer, which then is sent to the response_url."""

    result = serializers.ChoiceField(RESULTS)
    timeout = serializers.IntegerField(min_value=0)
