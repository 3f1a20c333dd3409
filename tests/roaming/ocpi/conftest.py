"""A street of GreenGrid that is published and open for roaming, and a partner that asks for it by OCPI."""

from __future__ import annotations

import base64
import json
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from roaming.connections import invite, register
from tests import factories as make
from tests.roaming.ocpi.partner_server import PartnerServer

CONNECTOR = {
    "standard": "IEC_62196_T2",
    "format": "SOCKET",
    "power_type": "AC_3_PHASE",
    "max_voltage": 230,
    "max_amperage": 16,
}


def connected(point: Any, *ids: str) -> Any:
    for each in ids or ("1",):
        point.connectors.create(ocpi_id=each, **CONNECTOR)
    return point


def put_on_map(location: Any, **columns: Any) -> Any:
    """Complete enough for OCPI, and published."""
    columns = {
        "published": True,
        "latitude": "52.15",
        "longitude": "5.38",
        "address": "Markt 1",
        "city": "Leusden",
    } | columns
    type(location).objects.filter(pk=location.pk).update(**columns)
    location.refresh_from_db()
    return location


class OcpiClient:
    """Requests with a token; answers with the envelope read."""

    def __init__(self, token: str) -> None:
        self.token, self.client = token, Client(raise_request_exception=False)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        encoded = base64.b64encode(self.token.encode()).decode()
        options: dict[str, Any] = {"headers": {"Authorization": f"Token {encoded}"} | headers}
        if body is not None:
            text = body if isinstance(body, bytes) else json.dumps(body)
            options |= {"data": text, "content_type": "application/json"}
        response = self.client.generic(method, path, **options)
        return SimpleNamespace(
            http=response.status_code,
            headers=response.headers,
            **({"status_code": None, "data": None, "status_message": ""} | (json.loads(response.content or b"{}"))),
        )

    def get(self, path: str) -> Any:
        return self.ask("GET", path)


@pytest.fixture
def roaming_world(world):
    """Open Street of GreenGrid: 0.35 EUR/kWh, 0.59 for roaming. Partner DE-EMP has an agreement and is registered, and DE-ODD of BlueVolt too."""
    world.roaming_price = make.TariffFactory(provider=world.greengrid, code="ROAM", name="Roaming", per_kwh="0.59")
    world.street = make.ChargeGroupFactory(
        user_group=world.north,
        code="CG-STREET",
        name="Open Street",
        terms={"tariff": world.standard, "roaming_tariff": world.roaming_price, "roaming": True},
    )
    world.plaza = make.ChargePointFactory(charge_group=world.street, identity="NLGRGE0100", evse_id="NL*GRG*E0100")
    connected(world.plaza, "1", "2")
    put_on_map(world.plaza.location)
    connected(world.market)
    world.partner = make.PartnerFactory(provider=world.greengrid, country_code="DE", party_id="EMP", name="Emobil")
    world.odd = make.PartnerFactory(provider=world.bluevolt, country_code="DE", party_id="ODD", name="Odd")
    for name, partner in (("emp", world.partner), ("odd_client", world.odd)):
        token = register(
            partner,
            partner_token=f"B-{name}",
            versions_url="https://emsp.example/versions",
            version="2.2.1",
            endpoints=[],
        )
        setattr(world, name, OcpiClient(token))
    return world


@pytest.fixture
def invited(roaming_world):
    """A client with a token A of a partner that has not registered yet."""
    newcomer = make.PartnerFactory(provider=roaming_world.greengrid, country_code="NL", party_id="NEW", name="Newcomer")
    return SimpleNamespace(partner=newcomer, client=OcpiClient(invite(newcomer)))


@pytest.fixture
def partner_server(settings):
    settings.OCPI_ALLOW_PRIVATE = True
    server = PartnerServer()
    yield server
    server.close()


@pytest.fixture
def credentials(partner_server):
    """What the newcomer sends to register."""
    return {
        "token": "token-B-of-the-newcomer",
        "url": partner_server.url("/versions"),
        "roles": [
            {"role": "EMSP", "country_code": "NL", "party_id": "NEW", "business_details": {"name": "Newcomer"}},
        ],
    }
