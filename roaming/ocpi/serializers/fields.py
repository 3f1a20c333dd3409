"""Fields of OCPI objects: texts that hold what OCPI allows, of a length, and moments in UTC."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rest_framework import serializers

from tariffs.ocpi.fields import Fields, format_moment


class OcpiText(serializers.CharField):
    """At most so many characters; control characters and broken letters are refused, numbers too."""

    def __init__(self, longest: int, **options: Any) -> None:
        super().__init__(max_length=longest, **options)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise serializers.ValidationError("This is not a text.")
        fields = Fields({"text": data})
        text = fields.text("text", max(len(data), 1))
        if fields.problems:
            raise serializers.ValidationError(f"This {fields.problems[0].reason}.")
        return text


class OcpiId(OcpiText):
    """OCPI's CiString: printable ASCII."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if not text.isascii():
            raise serializers.ValidationError("An id has printable characters of ASCII only.")
        return text


class OcpiMoment(serializers.DateTimeField):
    """OCPI's times are UTC, with or without the Z."""

    def to_internal_value(self, value: Any) -> datetime:
        fields = Fields({"moment": value})
        moment = fields.moment("moment")
        if fields.problems or moment is None:
            raise serializers.ValidationError("This is no time: write it like 2026-12-01T09:00:00Z.")
        return moment

    def to_representation(self, value: Any) -> Any:
        return format_moment(value) if isinstance(value, datetime) else value


class OcpiObject(serializers.Serializer):
    """An object of which null counts as absent and unknown names are read over."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            data = {name: each for name, each in data.items() if each is not None}
        return super().to_internal_value(data)
