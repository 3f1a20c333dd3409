"""Serializers of OCPI objects: those that partners send are checked by them, those that they get are described."""

from roaming.ocpi.serializers.credentials import CredentialsSerializer, VersionDetailsSerializer, VersionSerializer
from roaming.ocpi.serializers.locations import ConnectorSerializer, EvseSerializer, LocationSerializer
from roaming.ocpi.serializers.tariffs import TariffSerializer

__all__ = [
    "ConnectorSerializer",
    "CredentialsSerializer",
    "EvseSerializer",
    "LocationSerializer",
    "TariffSerializer",
    "VersionDetailsSerializer",
    "VersionSerializer",
]
