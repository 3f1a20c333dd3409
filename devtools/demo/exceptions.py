"""Exceptions of the demo: for whom its charge groups make one."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

from django.utils import timezone

from chargegroups import writes
from chargegroups.models import ChargeGroup, CustomerException
from chargepoints.models import ChargePoint
from customers.models import Customer, UserGroup
from devtools.demo.tenants import Tenants
from tariffs.models import Tariff


def make_exceptions(tenants: Tenants, groups: dict[str, ChargeGroup], homes: list[ChargePoint]) -> None:
    tariffs = {code: Tariff.objects.get(provider=tenants.greengrid, code=code) for code in ("FREE", "WATERLAND")}
    chance = Random(7)
    north, south, waterland = (_active(chance, each) for each in (tenants.north, tenants.south, tenants.waterland))
    for point in homes:
        _except(groups["home"], point.owner, "allowed", tariffs["FREE"], note="Owner: free of charge at home.")
    for customer in south[:22]:
        _except(groups["owners"], customer, "allowed", note="Owns an apartment in De Hof.")
    for customer in waterland[:12]:
        _except(groups["leusden"], customer, "policy", tariffs["WATERLAND"], note="Also on the street.")
    _make_rare_ones(groups, north, south, tariffs["FREE"])


def _make_rare_ones(groups: dict[str, ChargeGroup], north: list[Customer], south: list[Customer], free: Tariff) -> None:
    now = timezone.now()
    for customer in north[20:24]:
        _except(groups["leusden"], customer, "denied", note="Unpaid invoices.")
    for customer in north[24:28]:
        _except(groups["borsele"], customer, "allowed", note="Works in Borsele.")
    _except(groups["waterland"], north[28], "allowed", note="Guest.", valid_until=now + timedelta(days=60))
    _except(groups["waterland"], north[29], "allowed", note="Guest.", valid_until=now - timedelta(days=10))
    _except(groups["fast"], south[30], "denied", note="Blocks the bays.", valid_from=now + timedelta(days=7))
    _except(groups["fast"], south[31], "policy", free, note="Won a year of free charging.")


def _active(chance: Random, user_group: UserGroup) -> list[Customer]:
    customers = list(Customer.objects.filter(user_group=user_group, status="active").order_by("number"))
    chance.shuffle(customers)
    return customers


def _except(
    group: ChargeGroup, customer: Customer | None, access: str, tariff: Tariff | None = None, **columns: Any
) -> None:
    writes.save_exception(
        CustomerException(
            provider_id=group.provider_id,
            charge_group=group,
            customer=customer,
            access=access,
            tariff=tariff,
            **columns,
        )
    )
