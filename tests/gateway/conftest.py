"""A gateway that runs in a thread, and devices that connect to it: raw JSON over a websocket, no library of OCPP."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections
from websockets.sync.client import connect

from chargepoints import decision_log
from gateway.devices import set_password
from gateway.server.gateway import Gateway


class Refusal(Exception):
    """An error of OCPP that the gateway answered with."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code


class Device:
    """A charge point: calls, and answers what it is called for by ``answers`` (action -> payload)."""

    def __init__(self, port: int, identity: str, password: str = "", version: str = "ocpp1.6", user: str = "") -> None:
        token = base64.b64encode(f"{user or identity}:{password}".encode()).decode()
        headers = {"Authorization": f"Basic {token}"} if password else {}
        self.identity, self.answers, self.calls = identity, {}, []
        self.socket = connect(
            f"ws://127.0.0.1:{port}/ocpp/{identity}",
            subprotocols=[version],
            additional_headers=headers,
            open_timeout=20,
            max_size=None,
            legacy=True,
        )

    def call(self, action: str, **payload: Any) -> dict[str, Any]:
        unique_id = str(uuid4())
        self.send([2, unique_id, action, payload])
        while True:
            message = self.receive()
            if message[0] == 3 and message[1] == unique_id:
                return message[2]
            if message[0] == 4 and message[1] in (unique_id, "-1"):
                raise Refusal(message[2], message[3])
            self.answer(message)

    def answer(self, message: list[Any]) -> None:
        _, unique_id, action, payload = message
        self.calls.append((action, payload))
        if action in self.answers:
            self.send([3, unique_id, self.answers[action]])

    def send(self, message: Any) -> None:
        self.socket.send(message if isinstance(message, str) else json.dumps(message))

    def receive(self, timeout: float = 20) -> list[Any]:
        return json.loads(self.socket.recv(timeout=timeout))

    def close(self) -> None:
        self.socket.close()

    # What devices of 1.6 mostly say

    def boot(self) -> str:
        return self.call("BootNotification", chargePointVendor="Acme", chargePointModel="One")["status"]

    def start(self, uid: str, at: datetime, meter: int = 0, connector: int = 1) -> dict[str, Any]:
        return self.call(
            "StartTransaction", connectorId=connector, idTag=uid, meterStart=meter, timestamp=at.isoformat()
        )

    def stop(self, code: int, at: datetime, meter: int) -> dict[str, Any]:
        return self.call("StopTransaction", transactionId=code, meterStop=meter, timestamp=at.isoformat())

    def read(self, code: int, at: datetime, meter: int) -> dict[str, Any]:
        value = {"timestamp": at.isoformat(), "sampledValue": [{"value": str(meter)}]}
        return self.call("MeterValues", connectorId=1, transactionId=code, meterValue=[value])

    def state(self, status: str, connector: int = 1) -> None:
        self.call("StatusNotification", connectorId=connector, errorCode="NoError", status=status)


class Running:
    """A gateway in a thread. ``kill`` ends it as a lost process ends: it writes nothing more."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.gateway = Gateway()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.port = self.wait(self.gateway.start("127.0.0.1", 0))

    def wait(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout=30)

    def round(self) -> None:
        """What the process does every second, now, with all that it does every five."""
        self.wait(self.gateway._look_once(0))

    def stop(self) -> None:
        self.wait(self.gateway.stop())
        self._end()

    def kill(self) -> None:
        async def cut() -> None:
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()
            self.gateway._server.server.close()
            for each in list(self.gateway.connections.values()):
                each._connection.transport.abort()

        self.gateway.run = _nothing
        self.wait(cut())
        self.gateway._executor.shutdown(wait=True)
        self._end()

    def _end(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(timeout=10)


async def _nothing(*_: Any) -> None:
    return None


@pytest.fixture
def gateways(transactional_db):
    """Starts gateways; those that run still are stopped at the end."""
    running: list[Running] = []

    def start() -> Running:
        running.append(Running())
        return running[-1]

    yield start
    for each in running:
        if each.thread.is_alive():
            each.stop()
    decision_log.LOG.clear()
    connections.close_all()


@pytest.fixture
def gateway(gateways) -> Running:
    return gateways()


@pytest.fixture
def market(world, gateway) -> SimpleNamespace:
    """The charge point Market square of GreenGrid, with its password: ``market.connect()`` is its device."""
    password = set_password(world.market)
    devices: list[Device] = []

    def connected(version: str = "ocpp1.6", to: Running | None = None) -> Device:
        devices.append(Device((to or gateway).port, world.market.identity, password, version))
        return devices[-1]

    yield SimpleNamespace(connect=connected, password=password, point=world.market, gateway=gateway)
    for device in devices:
        device.close()


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
