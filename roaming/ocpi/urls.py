"""Addresses of OCPI, below /ocpi/: everything is found from /ocpi/versions."""

from django.urls import path, re_path, register_converter

from roaming.handshake import VERSIONS
from roaming.ocpi.commands import CommandEndpoint
from roaming.ocpi.credentials import CredentialsEndpoint
from roaming.ocpi.locations import ConnectorObjectView, EvseObjectView, LocationList, LocationObjectView
from roaming.ocpi.openapi import OpenApiDescription
from roaming.ocpi.sessions import CdrList, SessionList
from roaming.ocpi.tariffs import TariffList
from roaming.ocpi.tokens import TokenObjectView
from roaming.ocpi.versions import NothingHere, VersionDetails, VersionList
from roaming.ocpi.views import without_slash


class SpokenVersion:
    """A version of OCPI that the portal speaks."""

    regex = "|".join(each.replace(".", r"\.") for each in VERSIONS)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(SpokenVersion, "ocpi_version")
app_name = "ocpi"
LOCATION = "<ocpi_version:version>/locations/<str:location>"
TOKEN = "<ocpi_version:version>/tokens/<str:country>/<str:party>"
urlpatterns = [
    path("openapi.json", OpenApiDescription.as_view(), name="openapi"),
    path("versions", VersionList.as_view(), name="versions"),
    path("<ocpi_version:version>", VersionDetails.as_view(), name="details"),
    path("<ocpi_version:version>/credentials", CredentialsEndpoint.as_view(), name="credentials"),
    path("<ocpi_version:version>/locations", LocationList.as_view(), name="locations"),
    path(LOCATION, LocationObjectView.as_view(), name="location"),
    path(f"{LOCATION}/<str:evse>", EvseObjectView.as_view(), name="evse"),
    path(f"{LOCATION}/<str:evse>/<str:connector>", ConnectorObjectView.as_view(), name="connector"),
    path("<ocpi_version:version>/tariffs", TariffList.as_view(), name="tariffs"),
    path("<ocpi_version:version>/sessions", SessionList.as_view(), name="sessions"),
    path("<ocpi_version:version>/cdrs", CdrList.as_view(), name="cdrs"),
    path("<ocpi_version:version>/commands", NothingHere.as_view(), name="commands"),
    path("<ocpi_version:version>/commands/<str:command>", CommandEndpoint.as_view(), name="command"),
    path("<ocpi_version:version>/tokens", NothingHere.as_view(), name="tokens"),
    path(f"{TOKEN}/<str:uid>", TokenObjectView.as_view(), name="token"),
    re_path(r"^(?P<path>.*[^/])/$", without_slash, name="slash"),
    re_path(r"^(?P<path>.*)$", NothingHere.as_view(), name="nothing"),
]
