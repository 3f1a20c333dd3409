"""Charge points of the demo: real ones in their charge groups, home chargers, and some in none yet."""

from __future__ import annotations

from decimal import Decimal

from chargegroups.models import ChargeGroup
from chargepoints.models import ChargePoint, Connector, Location
from chargepoints.ocpi.import_locations import import_locations
from customers.models import Customer
from devtools.demo import extract
from devtools.demo.tenants import Tenants
from evcnet.importexport.report import Report

HOMES = 14
STREETS = ("Demonstratielaan", "Voorbeeldweg", "Proefstraat")


def make_charge_points(tenants: Tenants, groups: dict[str, ChargeGroup]) -> list[Report]:
    """Real ones; those of the part ``ungrouped`` wait for somebody to attach them."""
    reports = []
    for part, locations in extract.locations().items():
        provider = tenants.bluevolt if part == "harbour" else tenants.greengrid
        reports.append(import_locations(provider, locations, groups.get(part)))
    return reports


def make_homes(tenants: Tenants, home: ChargeGroup) -> list[ChargePoint]:
    """Home chargers of customers of North, at addresses that do not exist and are not published."""
    owners = Customer.objects.filter(user_group=tenants.north, status="active").exclude(payment="prepaid")[:HOMES]
    points = [_home(owner, home, number) for number, owner in enumerate(owners, 1)]
    ChargePoint.objects.bulk_create(points)
    Connector.objects.bulk_create([_socket(point) for point in points])
    return points


def _home(owner: Customer, home: ChargeGroup, number: int) -> ChargePoint:
    address = f"{STREETS[number % len(STREETS)]} {number}"
    location = Location.objects.create(
        provider_id=owner.provider_id,
        code=f"HOME-{number:02d}",
        name=f"At home with {owner.name}",
        address=address,
        city="Leusden",
        country="NL",
    )
    return ChargePoint(
        provider_id=owner.provider_id,
        identity=f"NLGRGHOME{number:04d}",
        evse_id=f"NL*GRG*HOME{number:04d}",
        name=address,
        location=location,
        charge_group=home,
        owner=owner,
        max_power_kw=Decimal(11),
        status=ChargePoint.Status.ACTIVE,
    )


def _socket(point: ChargePoint) -> Connector:
    return Connector(
        charge_point=point,
        ocpi_id="1",
        standard="IEC_62196_T2",
        format="SOCKET",
        power_type="AC_3_PHASE",
        max_voltage=230,
        max_amperage=16,
        max_electric_power=11_000,
    )
