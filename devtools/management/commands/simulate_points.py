"""The command `simulate_points`: charge points of the demo, as devices that boot, charge and answer."""

import asyncio
import contextlib
import json
import os
import signal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q
from django.utils import timezone

from chargepoints.models import ChargePoint
from customers.models import ChargeCard
from devtools.simulator.charging import Charging
from devtools.simulator.drivers import Drivers
from devtools.simulator.point16 import SimulatedPoint16
from devtools.simulator.point201 import SimulatedPoint201
from evcnet import var_dir
from evcnet.codes import uid_key
from gateway.devices import password_hash, set_password
from socialcharging.models import QueueEntry
from socialcharging.queues import is_social

PROVIDER = "greengrid"
POINTS, CARDS = 8, 12
NOBODYS = "NL-GRG-NEW-0001"
"""The identity of a device that no charge point has yet."""
KINDS = ((SimulatedPoint16, "ocpp1.6"), (SimulatedPoint201, "ocpp2.0.1"))


class Command(BaseCommand):
    help = "Run simulated charge points of the demo provider until INT or TERM."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address", help="of the gateway, such as ws://127.0.0.1:9000")

    def handle(self, address: str, **options: Any) -> None:
        if settings.MODE == "production":
            raise CommandError("Simulated charge points are for trying the portal, and this is production.")
        points = simulated_points()
        self.stdout.write(f"Simulating {', '.join(point.identity for point in points)}")
        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(_run(points, address))


async def _run(points: list[Charging], address: str) -> None:
    tasks = asyncio.gather(*(point.live(address) for point in points))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, tasks.cancel)
    await tasks


def simulated_points() -> list[Charging]:
    """Active ones, those with social charging first, one that is inactive, and one that nobody knows."""
    rows = ChargePoint.objects.filter(provider__code=PROVIDER).filter(Q(device=None) | Q(device__password_hash="") | Q(
        identity__in=_passwords()
    ))  # fmt: skip
    active = rows.filter(status="active", charge_group__type="other").order_by(
        "-charge_group__terms__social_charging", "identity"
    )
    chosen = {point.pk: point for point in active[: 4 * POINTS]}
    spread = sorted(chosen.values(), key=lambda point: (str(point.identity)[-1], point.identity))[:POINTS]
    pending = rows.exclude(status="active").order_by("identity").first()
    points = [_simulated(point, number, _uids(point)) for number, point in enumerate(spread)]
    points += [_simulated(pending, 0, [])] if pending else []
    return [*points, Charging(NOBODYS, "", [], *KINDS[0])]


def _simulated(point: ChargePoint, number: int, uids: list[str]) -> Charging:
    version, subprotocol = KINDS[number % 4 == 3]
    return Charging(point.identity, _password(point), uids, version, subprotocol, _drivers(point, uids))


def _drivers(point: ChargePoint, uids: list[str]) -> Drivers | None:
    """Those who wait there, where the charge group has social charging."""
    if not uids or not is_social(point, timezone.now()):
        return None
    cards = ChargeCard.objects.filter(provider=point.provider_id, customer__isnull=False)
    keys = {uid_key(card.uid): card.customer_id for card in cards}
    waiting = QueueEntry.objects.filter(charge_point=point, left_at=None).values("customer")
    also = {uid_key(card.uid): card.customer_id for card in cards.filter(customer__in=waiting)}
    return Drivers(point, {uid: keys[uid_key(uid)] for uid in uids if uid_key(uid) in keys} | also)


def _uids(point: ChargePoint) -> list[str]:
    """Cards of the group's own customers, and some of others, who may be refused."""
    group = point.charge_group
    cards = ChargeCard.objects.filter(customer__isnull=False, status="active").order_by("pk")
    own = cards.filter(customer__user_group=group.user_group_id if group else None)[:CARDS]
    others = cards.filter(provider=point.provider)[:2]
    uids = [card.uid.upper().replace(":", "") for card in (*own, *others)]
    return [uid for uid in uids if len(uid) <= 20]


# Passwords that the simulator made, so that a device of somebody else's keeps the one that it has


def _path() -> Path:
    return var_dir.var() / "simulated_points.json"


def _passwords() -> dict[str, str]:
    try:
        stored: dict[str, str] = json.loads(_path().read_text())
    except (OSError, ValueError):
        return {}
    return stored


def _password(point: ChargePoint) -> str:
    stored, device = _passwords(), getattr(point, "device", None)
    password = stored.get(point.identity, "")
    if device is None or not password or device.password_hash != password_hash(password):
        password = set_password(point)
        _keep(stored | {point.identity: password})
    return password


def _keep(passwords: dict[str, str]) -> None:
    """Only the starter can read it, from its first byte on."""
    path = _path()
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(passwords, file)
