"""2,000 simulated charge points at one gateway on one core: boot, heartbeat and a session each, and how long answers take.

`python -m bench.gateway [--points N]` makes a world of its own on a private PostgreSQL, which is removed again. The gateway
runs on the first core; the devices and the database share what else there is.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from bench.measuring import Measured

POINTS = 2_000
AT_ONCE = 50
"""So many devices connect at a time: what a network lets through after a power cut."""
PASSWORD = "bench" * 4
PORT = 19_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=POINTS)
    parser.add_argument("--step", choices=("fill", "devices", "count"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.step:
        steps = {"fill": _fill, "devices": lambda points: asyncio.run(_devices(points)), "count": _count}
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        print(json.dumps(steps[asked.step](asked.points)))
        return 0
    for row in measure(asked.points):
        print(f"{row.name}: {row.figure:,.4g} {row.unit}. {row.note}")
    return 0


def measure(points: int = POINTS) -> list[Measured]:
    folder = Path(tempfile.mkdtemp(prefix="evcnet-gateway-"))
    folder.chmod(0o711)
    environment = os.environ | {"EVCNET_VAR": str(folder), "DATABASE_URL": "", "LOG_LEVEL": "ERROR"}

    def step(name: str) -> dict[str, Any]:
        command = [sys.executable, "-m", "bench.gateway", "--step", name, "--points", str(points)]
        ran = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
        output: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
        return output

    try:
        step("fill")
        gateway = _start_gateway(environment)
        try:
            sent = step("devices")
            used = _used(gateway.pid)
        finally:
            gateway.send_signal(signal.SIGTERM)
            gateway.wait(timeout=60)
        return _rows(points, sent, used, step("count"))
    finally:
        subprocess.run([sys.executable, "manage.py", "database", "stop"], env=environment, check=False)
        shutil.rmtree(folder, ignore_errors=True)


def _start_gateway(environment: dict[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, "manage.py", "gateway", "--port", str(PORT)]
    gateway = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    os.sched_setaffinity(gateway.pid, {min(os.sched_getaffinity(0))})
    if gateway.stdout is None or not gateway.stdout.readline():
        raise RuntimeError("The gateway did not start.")
    return gateway


def _used(pid: int) -> dict[str, float]:
    """CPU seconds and the most memory, in MB, of the process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    seconds = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return {"seconds": seconds, "mb": int(status["VmHWM"].split()[0]) / 1024}


def _rows(points: int, sent: dict[str, Any], used: dict[str, float], stored: dict[str, Any]) -> list[Measured]:
    name, each = f"gateway, {points:,} points", f"{sent['messages']:,} messages"
    sessions = f"{stored['rated']:,} rated of {stored['sessions']:,} sessions"
    return [
        Measured(f"{name}: all connected and accepted", sent["connected"], "s", "", f"{AT_ONCE} at a time"),
        Measured(f"{name}: a session of each", sent["sessions"], "s", "", sessions),
        Measured(f"{name}: messages", sent["messages"] / sent["seconds"], "messages/s", "", each),
        Measured(f"{name}: Authorize, median", sent["authorize_p50"], "ms", "", "as the device waits, all at once"),
        Measured(f"{name}: Authorize, 99 of 100", sent["authorize_p99"], "ms"),
        Measured(f"{name}: Authorize of one while all are idle", sent["idle"], "ms", "", "median of 100"),
        Measured(f"{name}: one core's time", used["seconds"], "s", "", each),
        Measured(f"{name}: memory", used["mb"], "MB"),
    ]


# The world


def _django() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evcnet.settings")
    import django

    django.setup()


def _fill(points: int) -> dict[str, Any]:
    _django()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from chargepoints.models import ChargePoint
    from gateway.devices import password_hash
    from gateway.models import Device
    from tests import factories as make

    provider = make.ProviderFactory(code="BENCH", party_id="BNC")
    users = make.UserGroupFactory(provider=provider)
    tariff = make.TariffFactory(provider=provider, per_kwh="0.35")
    group = make.ChargeGroupFactory(user_group=users, terms={"tariff": tariff, "own_user_group": True})
    first = make.ChargePointFactory(charge_group=group, identity="BENCH-0")
    more = {"provider": provider, "location": first.location, "charge_group": group, "status": "active"}
    ChargePoint.objects.bulk_create(ChargePoint(identity=f"BENCH-{number}", **more) for number in range(1, points))
    stored = password_hash(PASSWORD)
    rows = ChargePoint.objects.filter(provider=provider)
    Device.objects.bulk_create(Device(charge_point=row, password_hash=stored) for row in rows)
    customer = make.CustomerFactory(user_group=users)
    for number in range(100):
        make.ChargeCardFactory(customer=customer, uid=f"BENCH{number:03}")
    return {"points": points}


def _count(points: int) -> dict[str, Any]:
    _django()
    from chargepoints.models import Rating, Session

    return {"sessions": Session.objects.count(), "rated": Rating.objects.values("session").distinct().count()}


# The devices


class _Device:
    """Answers whatever it is asked with NotSupported."""

    messages = 0

    def __init__(self, number: int) -> None:
        self.number, self.answers = number, {}

    async def connect(self) -> None:
        from websockets.asyncio.client import connect

        identity = f"BENCH-{self.number}"
        token = base64.b64encode(f"{identity}:{PASSWORD}".encode()).decode()
        self.socket = await connect(
            f"ws://127.0.0.1:{PORT}/ocpp/{identity}",
            subprotocols=["ocpp1.6"],
            additional_headers={"Authorization": f"Basic {token}"},
            compression=None,
            open_timeout=60,
            ping_interval=None,
            proxy=None,
        )
        self.reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for text in self.socket:
            number, unique_id, *rest = json.loads(text)
            if number == 2:
                await self.socket.send(json.dumps([4, unique_id, "NotSupported", "", {}]))
            else:
                self.answers.pop(unique_id).set_result((number, rest[0]))

    async def call(self, action: str, **payload: Any) -> Any:
        unique_id = str(uuid4())
        answer = self.answers[unique_id] = asyncio.get_running_loop().create_future()
        await self.socket.send(json.dumps([2, unique_id, action, payload]))
        number, content = await answer
        if number != 3:
            raise RuntimeError(f"{action}: {content}")
        _Device.messages += 1
        return content

    async def boot(self) -> None:
        answer = await self.call("BootNotification", chargePointVendor="bench", chargePointModel="bench")
        if answer["status"] != "Accepted":
            raise RuntimeError(str(answer))
        await self.call("StatusNotification", connectorId=1, errorCode="NoError", status="Available")
        await self.call("Heartbeat")

    async def session(self, took: list[float]) -> None:
        uid, begun = f"BENCH{self.number % 100:03}", datetime.now(UTC) - timedelta(hours=1)
        asked_at = time.perf_counter()
        await self.call("Authorize", idTag=uid)
        took.append(1000 * (time.perf_counter() - asked_at))
        start = {"connectorId": 1, "idTag": uid, "meterStart": 0, "timestamp": begun.isoformat()}
        code = (await self.call("StartTransaction", **start))["transactionId"]
        await self.call("StatusNotification", connectorId=1, errorCode="NoError", status="Charging")
        for minutes in (15, 30, 45):
            at = (begun + timedelta(minutes=minutes)).isoformat()
            value = {"timestamp": at, "sampledValue": [{"value": str(200 * minutes)}]}
            await self.call("MeterValues", connectorId=1, transactionId=code, meterValue=[value])
        end = {"transactionId": code, "meterStop": 12_000, "timestamp": (begun + timedelta(hours=1)).isoformat()}
        await self.call("StopTransaction", **end)
        await self.call("StatusNotification", connectorId=1, errorCode="NoError", status="Available")


async def _devices(points: int) -> dict[str, Any]:
    devices = [_Device(number) for number in range(points)]
    limit = asyncio.Semaphore(AT_ONCE)

    async def arrive(device: _Device) -> None:
        async with limit:
            await device.connect()
            await device.boot()

    begun = time.perf_counter()
    await asyncio.gather(*map(arrive, devices))
    connected = time.perf_counter() - begun
    took: list[float] = []
    await asyncio.gather(*(device.session(took) for device in devices))
    seconds = time.perf_counter() - begun
    await asyncio.sleep(8)  # the questions for local lists, which these devices do not know
    idle = []
    for device in devices[:100]:
        asked_at = time.perf_counter()
        await device.call("Authorize", idTag="BENCH000")
        idle.append(1000 * (time.perf_counter() - asked_at))
    took.sort()
    return {
        "connected": connected,
        "sessions": seconds - connected,
        "seconds": seconds,
        "messages": _Device.messages,
        "authorize_p50": statistics.median(took),
        "authorize_p99": took[int(0.99 * len(took))],
        "idle": statistics.median(idle),
    }


if __name__ == "__main__":
    raise SystemExit(main())
