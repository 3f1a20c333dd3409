"""The life of a simulated charge point: it waits for a driver, charges for some minutes, and waits again."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from devtools.simulator.drivers import Drivers

HEARTBEAT, READING = 30.0, 10.0
TRY_AGAIN = 5.0
SHORTEST, LONGEST = 150.0, 300.0
"""Seconds of a transaction: longer than what a provider counts as no session."""
POWER = (7_400, 11_000, 22_000)
FAULT_ONCE_IN = 12
ARRIVES_ONCE_IN = 6
"""Readings of a transaction after one of which another driver finds the point occupied."""


@dataclass
class Charging:
    """One simulated point. ``uids`` are of cards that drivers hold to it; without any it only boots.

    ``drivers`` wait for it in its queue; None where it has none.
    """

    identity: str
    password: str
    uids: Sequence[str]
    version: Any
    subprotocol: str
    drivers: Drivers | None = None
    meter: int = 0
    is_running: bool = False
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    restart: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.random = random.Random(self.identity)
        self.meter = self.random.randrange(10**6)

    async def live(self, address: str) -> None:
        """Until cancelled: connected again whenever the connection is lost."""
        while True:
            with contextlib.suppress(OSError, WebSocketException, TimeoutError):
                await self._connected(address)
            await asyncio.sleep(TRY_AGAIN)

    async def _connected(self, address: str) -> None:
        headers = {}
        if self.password:
            token = base64.b64encode(f"{self.identity}:{self.password}".encode()).decode()
            headers["Authorization"] = f"Basic {token}"
        async with connect(
            f"{address}/ocpp/{self.identity}",
            subprotocols=[Subprotocol(self.subprotocol)],
            additional_headers=headers,
            proxy=None,
        ) as socket:
            device = self.version(self.identity, socket)
            device.charging = self
            self.restart.clear()
            tasks = [asyncio.create_task(work) for work in (device.start(), self._drivers(device), self.restart.wait())]
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            finally:
                for task in tasks:
                    task.cancel()

    async def _drivers(self, device: Any) -> None:
        while await device.boot() != "Accepted":
            await asyncio.sleep(60)
        await device.show("Available")
        while True:
            await self._wait(device, self.random.uniform(5, 90))
            if self.random.randrange(FAULT_ONCE_IN) == 0:
                await device.show("Faulted")
                await self._wait(device, 45)
                await device.show("Available")
            elif uid := await self._next_uid():
                await self._charge(device, uid)

    async def _next_uid(self) -> str | None:
        """Of whoever has the turn, else of anybody, who is refused where the point is held for somebody else."""
        turn = await self.drivers.next_uid() if self.drivers else None
        return turn or (self.random.choice(self.uids) if self.uids else None)

    async def _wait(self, device: Any, seconds: float) -> None:
        while seconds > 0:
            await asyncio.sleep(min(seconds, HEARTBEAT))
            await device.heartbeat()
            seconds -= HEARTBEAT

    async def _charge(self, device: Any, uid: str) -> None:
        await device.show("Preparing")
        if not await device.authorize(uid):
            await asyncio.sleep(5)
            await device.show("Available")
            return
        self.stop.clear()
        await device.begin(uid, self.meter)
        self.is_running = True
        await device.show("Charging")
        await self._flow(device)
        self.is_running = False
        await device.end(self.meter)
        await device.show("Finishing")
        await asyncio.sleep(self.random.uniform(5, 30))
        await device.show("Available")

    async def _flow(self, device: Any) -> None:
        """Until the driver has enough or somebody stops it."""
        power, left = self.random.choice(POWER), self.random.uniform(SHORTEST, LONGEST)
        while left > 0 and not self.stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.stop.wait(), READING)
            self.meter += int(power * READING / 3600)
            left -= READING
            await device.read(self.meter)
            if self.drivers and self.random.randrange(ARRIVES_ONCE_IN) == 0:
                await self.drivers.arrive()
