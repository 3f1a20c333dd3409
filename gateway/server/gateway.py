"""The gateway process: lets devices in, holds their connections, sends them commands, and says that it lives."""

from __future__ import annotations

import asyncio
import base64
import binascii
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import unquote
from uuid import uuid4

import structlog
from django.conf import settings
from django.db import connection
from django.utils import timezone
from ocpp.exceptions import OCPPError
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from evcnet.codes import identity_key
from gateway import commands, devices
from gateway.devices import Admission, Visitor
from gateway.message_log import MessageLog
from gateway.models import DeviceCommand
from gateway.server.connection import DATABASE_AWAY, DeviceConnection
from gateway.server.list_sync import bring_in_step
from gateway.server.ocpp16 import Connection16
from gateway.server.ocpp201 import Connection201
from gateway.unknown_devices import forget_known

T = TypeVar("T")
VERSIONS: dict[str, Any] = {"ocpp1.6": Connection16, "ocpp2.0.1": Connection201}
LARGEST_FRAME = 256 * 1024
"""Bytes; a device that sends more is cut off (1009)."""
THREADS = 6
"""So many statements run at a time; every thread has a connection to the database."""
EVERY = 1.0
"""Seconds between looks for commands, and between writes of the message log."""
ALIVE_EVERY = 5
"""The process says that it lives at every fifth look."""
LISTS_EVERY = 300
"""Local lists are compared at every three hundredth look."""
LIST_DELAY = 5.0
"""Seconds between the boot of a device and the question for its local list."""
MOST_UNKNOWN, MOST_UNKNOWN_OF_ADDRESS = 500, 50
"""Connections of devices that nobody knows, in all and from one address."""
WRONG_A_MINUTE = 10
"""Wrong passwords for one identity from one address, after which nothing is looked up for a while."""
PING = 60
CLOSE_WITHIN = 2
"""Seconds for a device to agree that its connection ends."""
PREFIX = "/ocpp/"

logger = structlog.get_logger(__name__)


class DeviceSocket(ServerConnection):
    """A websocket that knows who was let in."""

    visitor: Visitor
    address: str


class Gateway:
    """One process. ``connections`` are those of charge points, by their ids."""

    def __init__(self) -> None:
        self.process = uuid4()
        self.connections: dict[int, DeviceConnection] = {}
        self.messages = MessageLog()
        self.active: set[int | None] = set()
        """Charge points whose devices sent something since the process last said that it lives."""
        self.list_delay = LIST_DELAY
        self._unknown: Counter[str] = Counter()
        self._wrong: defaultdict[tuple[str, str], deque[float]] = defaultdict(lambda: deque(maxlen=WRONG_A_MINUTE))
        self._executor = ThreadPoolExecutor(THREADS, "gateway")
        self._tasks: set[asyncio.Task[Any]] = set()
        self._server: Server | None = None

    async def run(self, function: Callable[..., T], *args: Any) -> T:
        """Call a function of the domain in one of the threads."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, _with_database, function, *args)

    async def start(self, host: str, port: int) -> int:
        """Listen; the port, where 0 asked for any. Raises OSError where the port cannot be had."""
        self._server = await serve(
            self._hold,
            host,
            port,
            subprotocols=[Subprotocol(name) for name in VERSIONS],
            process_request=self._let_in,
            create_connection=DeviceSocket,
            compression=None,
            max_size=LARGEST_FRAME,
            max_queue=8,
            ping_interval=PING,
            ping_timeout=PING,
            close_timeout=CLOSE_WITHIN,
            server_header=None,
        )
        self.spawn(self._look_after())
        return int(next(iter(self._server.sockets)).getsockname()[1])

    async def stop(self) -> None:
        """Close all connections, write what waits, and say that the process has ended."""
        for task in list(self._tasks):
            task.cancel()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
        try:
            await self.run(self.messages.flush)
            await self.run(devices.end_process, self.process)
        except DATABASE_AWAY:
            logger.warning("database_away_at_end")
        self._executor.shutdown(wait=True)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # Who comes in

    async def _let_in(self, socket: ServerConnection, request: Request) -> Response | None:
        """None for who may come in; else the answer."""
        assert isinstance(socket, DeviceSocket)
        if request.path == "/healthz":
            return socket.respond(HTTPStatus.OK, "ok\n")
        identity = _identity(request.path)
        if identity is None:
            return socket.respond(HTTPStatus.NOT_FOUND, "Connect to /ocpp/IDENTITY.\n")
        socket.address = _address(socket, request)
        if self._guesses(socket.address, identity):
            return socket.respond(HTTPStatus.TOO_MANY_REQUESTS, "Too many wrong passwords: try again in a minute.\n")
        try:
            socket.visitor = await self.run(devices.admit, identity, *_credentials(request))
        except DATABASE_AWAY:
            return socket.respond(HTTPStatus.SERVICE_UNAVAILABLE, "The database is away: try again later.\n")
        return self._refusal(socket, identity)

    def _refusal(self, socket: DeviceSocket, identity: str) -> Response | None:
        if socket.visitor.admission is Admission.REFUSED:
            self._wrong[socket.address, identity_key(identity)].append(time.monotonic())
            logger.warning("password_refused", identity=socket.visitor.identity, address=socket.address)
            response = socket.respond(HTTPStatus.UNAUTHORIZED, "The identity and its password are needed.\n")
            response.headers["WWW-Authenticate"] = 'Basic realm="evcnet"'
            return response
        crowded = self._unknown[socket.address] >= MOST_UNKNOWN_OF_ADDRESS or self._unknown.total() >= MOST_UNKNOWN
        if socket.visitor.admission is Admission.UNKNOWN and crowded:
            return socket.respond(HTTPStatus.TOO_MANY_REQUESTS, "Too many devices that nobody knows.\n")
        return None

    def _guesses(self, address: str, identity: str) -> bool:
        times = self._wrong.get((address, identity_key(identity)))
        if len(self._wrong) > 10_000:
            self._wrong.clear()
        return times is not None and len(times) == WRONG_A_MINUTE and times[0] > time.monotonic() - 60

    # A connection

    async def _hold(self, socket: ServerConnection) -> None:
        assert isinstance(socket, DeviceSocket)
        device = VERSIONS[str(socket.subprotocol)](socket, socket.visitor, socket.address, self)
        try:
            if socket.visitor.charge_point is None:
                await self._hold_unknown(device)
            else:
                await self._hold_known(device, socket.visitor.charge_point)
        except ConnectionClosed:
            return
        except DATABASE_AWAY:
            await socket.close(1013, "the database is away")

    async def _hold_unknown(self, device: DeviceConnection) -> None:
        self._unknown[device.address] += 1
        try:
            await device.start()  # type: ignore[attr-defined]
        finally:
            self._unknown[device.address] -= 1
            self._unknown += Counter()  # forget who is gone

    async def _hold_known(self, device: DeviceConnection, charge_point: int) -> None:
        await self.run(devices.connect, charge_point, device.uuid, self.process, device.protocol)
        before = self.connections.get(charge_point)
        self.connections[charge_point] = device
        if before is not None:
            self.spawn(before._connection.close(1008, "another connection took its place"))
        try:
            await device.start()  # type: ignore[attr-defined]
        finally:
            if self.connections.get(charge_point) is device:
                del self.connections[charge_point]
                self.spawn(self._forget(charge_point, device))

    async def _forget(self, charge_point: int, device: DeviceConnection) -> None:
        try:
            await self.run(devices.disconnect, charge_point, device.uuid)
        except DATABASE_AWAY:
            logger.warning("database_away", identity=device.visitor.identity)

    # What is done all the time

    async def _look_after(self) -> None:
        number = 0
        while True:
            try:
                await self._look_once(number)
            except DATABASE_AWAY as away:
                logger.warning("database_away", reason=str(away))
            except Exception:
                logger.exception("gateway_round_failed")
            number += 1
            await asyncio.sleep(EVERY)

    async def _look_once(self, number: int) -> None:
        for command in await self.run(commands.take, list(self.connections)):
            self.spawn(self._carry_out(command))
        await self.run(self.messages.flush)
        if number % LISTS_EVERY == LISTS_EVERY - 1:
            self.spawn(self._bring_in_step(list(self.connections.values())))
        if number % ALIVE_EVERY == 0:
            await self._say_alive()
            await self.run(devices.close_lost_connections, timezone.now())
            await self.run(forget_known)

    async def _say_alive(self) -> None:
        active, self.active = self.active - {None}, set()
        connections = {pk: device.uuid for pk, device in self.connections.items()}
        for pk in await self.run(devices.keep_alive, self.process, active, connections):
            device = self.connections.get(pk)
            if device is not None and device.uuid == connections[pk]:
                self.spawn(device._connection.close(1008, "another connection took its place"))

    async def _carry_out(self, command: DeviceCommand) -> None:
        device: Any = self.connections.get(command.charge_point_id)
        if device is None:
            await self.run(_answer, command, commands.NOT_TAKEN, False)
            return
        try:
            outcome, is_answer = await device.carry_out(command), True
        except TimeoutError:
            outcome, is_answer = "The device did not answer within 30 seconds.", False
        except ConnectionClosed:
            outcome, is_answer = "The connection was lost before the device answered.", False
        except OCPPError as error:
            outcome, is_answer = f"The device answered with an error: {error.code}.", False
        await self.run(_answer, command, outcome, is_answer)

    # Local lists

    def check_list_soon(self, device: DeviceConnection) -> None:
        """The device was accepted: once it has settled, its local list is compared with what it should be."""
        device.list_compared = False
        self.spawn(self._bring_in_step([device], self.list_delay))

    async def _bring_in_step(self, devices_of_it: Iterable[DeviceConnection], delay: float = 0) -> None:
        await asyncio.sleep(delay)
        for device in devices_of_it:
            try:
                await bring_in_step(device)
            except Exception:
                logger.exception("local_list_failed", identity=device.visitor.identity)


def _answer(command: DeviceCommand, outcome: str, is_answer: bool) -> None:
    commands.answer(command, outcome, is_answer=is_answer)


def _with_database(function: Callable[..., T], *args: Any) -> T:
    """A connection that broke is made anew, and the function, which may be repeated, called once more."""
    try:
        return function(*args)
    except DATABASE_AWAY:
        connection.close()
        return function(*args)


def _identity(path: str) -> str | None:
    """What stands behind /ocpp/; None where that can be no identity."""
    path = path.partition("?")[0]
    identity = unquote(path.removeprefix(PREFIX)).rstrip("/").strip()
    printable = identity.isascii() and identity.isprintable()
    return (
        identity if path.startswith(PREFIX) and printable and 0 < len(identity) <= 48 and "/" not in identity else None
    )


def _credentials(request: Request) -> tuple[str | None, str | None]:
    """User name and password of the basic authentication; None for both where there is none."""
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None, None
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None, None
    return user, password


def _address(socket: ServerConnection, request: Request) -> str:
    """Of the device; behind the proxy it is what the proxy says last."""
    if settings.BEHIND_PROXY and (named := request.headers.get("X-Forwarded-For")):
        return str(named).rpartition(",")[2].strip()
    return str(socket.remote_address[0])
