"""One connection of a device, whatever its version of OCPP: limits, message log, errors, and calls to the device."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from logging import CRITICAL, getLogger
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

import psycopg
import structlog
from django.db import InterfaceError, OperationalError
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from ocpp import messages
from ocpp.exceptions import InternalError, OCPPError, SecurityError
from ocpp.messages import Call, CallError, unpack
from ocpp.routing import on as route

from gateway.devices import Visitor
from gateway.transactions import AHEAD, BEHIND

if TYPE_CHECKING:
    from gateway.server.gateway import Gateway

T = TypeVar("T")
Handler = TypeVar("Handler", bound=Callable[..., Any])
RATE, BURST = 20.0, 200.0
"""So many messages a second are read of one device in the long run, and at once. More wait on its side of the line."""
MOST_BROKEN = 20
"""After so many messages that are no OCPP the connection is closed."""
ANSWER_WITHIN = 30
"""Seconds for a device to answer a call."""
DATABASE_AWAY = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)
ERRORS_OF_16 = {"FormatViolation": "FormationViolation", "MessageTypeNotSupported": "NotSupported"}
"""What OCPP 1.6 calls errors that 2.0.1 gave other names."""

logger = structlog.get_logger(__name__)
messages.ASYNC_VALIDATION = False  # a message is small, and a thread would cost more than its validation
silent = getLogger("gateway.ocpp")
silent.setLevel(CRITICAL + 1)  # the library would log uids of cards


class DeviceConnection:
    """What the connections of all versions share. Goes before the library's ChargePoint among the bases."""

    _ocpp_version: str
    _connection: Any
    _response_queue: Any
    _handle_call: Any

    def __init__(self, socket: Any, visitor: Visitor, address: str, gateway: Gateway) -> None:
        super().__init__(visitor.identity, socket, response_timeout=ANSWER_WITHIN, logger=silent)  # type: ignore[call-arg]
        self.visitor, self.address, self.gateway = visitor, address, gateway
        self.uuid = uuid4()
        self._tokens, self._filled_at = BURST, time.monotonic()
        self._broken = 0
        self.list_limits_known: tuple[int, int] | None = None
        """How many entries of a local list the device holds, and takes at once; None before it was asked."""
        self.list_compared = False
        self._actions: dict[str, str] = {}
        """Actions of calls that are not answered yet, by their ids."""

    @property
    def protocol(self) -> str:
        return f"ocpp{self._ocpp_version}"

    @property
    def charge_point(self) -> int:
        """Its id. Raises SecurityError for a device that nobody knows."""
        if self.visitor.charge_point is None:
            raise SecurityError("The charge point was rejected.")
        return self.visitor.charge_point

    async def run(self, function: Callable[..., T], *args: Any) -> T:
        """Call a function of the domain in a thread. Raises InternalError where the database is away."""
        try:
            return await self.gateway.run(function, *args)
        except DATABASE_AWAY as away:
            logger.warning("database_away", identity=self.visitor.identity, reason=str(away))
            raise InternalError("The database is away: send it again later.") from away
        except OCPPError:
            raise
        except Exception as error:
            logger.exception("message_failed", identity=self.visitor.identity)
            raise InternalError("The message could not be taken.") from error

    # Messages

    async def route_message(self, raw_message: str | bytes) -> None:
        """In place of the library's: with limits, the message log, and an answer to what is no OCPP."""
        await self._slow_down()
        try:
            message = unpack(raw_message)
        except (OCPPError, ValueError, RecursionError) as error:
            await self._refuse_broken(error)
            return
        self.gateway.active.add(self.visitor.charge_point)
        if isinstance(message, Call):
            await self._answer(message)
        else:
            action = self._actions.pop(message.unique_id, "")
            self._keep("in", message, action)
            self._response_queue.put_nowait(message)

    async def _answer(self, message: Call) -> None:
        action = str(message.action)
        self._keep("in", message, action)
        self._actions[str(message.unique_id)] = action
        try:
            await self._handle_call(message)
        except OCPPError as error:
            await self._send_error(str(message.unique_id), error)
        except (TypeError, ValueError, RecursionError):
            await self._send_error(str(message.unique_id), InternalError("The message could not be read."))
        finally:
            self._actions.pop(str(message.unique_id), None)

    async def _refuse_broken(self, error: Exception) -> None:
        self._broken += 1
        if self._broken > MOST_BROKEN:
            await self._connection.close(1002, "too many messages that are no OCPP")
            return
        known = error if isinstance(error, OCPPError) else InternalError("The message could not be read.")
        await self._send_error("-1", known)

    async def _send_error(self, unique_id: str, error: OCPPError) -> None:
        code = error.code if self._ocpp_version != "1.6" else ERRORS_OF_16.get(error.code, error.code)
        await self._send(CallError(unique_id, code, str(error.description or "")[:255], {}).to_json())

    async def _send(self, message: str) -> None:
        number, unique_id, *rest = json.loads(message)
        if number == 2:
            self._actions[unique_id] = rest[0]
        kind = {2: "call", 3: "result", 4: "error"}[number]
        self._log("out", kind, self._actions.get(unique_id, ""), unique_id, rest[-1] if number < 4 else rest[:2])
        await self._connection.send(message)

    def _keep(self, direction: str, message: Any, action: str) -> None:
        kind = {2: "call", 3: "result", 4: "error"}[message.message_type_id]
        error = [getattr(message, "error_code", ""), getattr(message, "error_description", "")]
        payload = error if kind == "error" else message.payload
        self._log(direction, kind, action, str(message.unique_id), payload)

    def _log(self, direction: str, kind: str, action: str, unique_id: str, payload: Any) -> None:
        if self.visitor.charge_point is not None:
            self.gateway.messages.keep(self.visitor.charge_point, direction, kind, action, unique_id, payload)

    async def _slow_down(self) -> None:
        now = time.monotonic()
        self._tokens = min(BURST, self._tokens + (now - self._filled_at) * RATE) - 1
        self._filled_at = now
        if self._tokens < 0:
            await asyncio.sleep(-self._tokens / RATE)


def moment(text: Any) -> datetime | None:
    """A timestamp of OCPP, aware (UTC where it has no offset); None where it is none."""
    try:
        at = parse_datetime(str(text))
    except ValueError:
        return None
    return at if at is None or at.tzinfo else at.replace(tzinfo=UTC)


def plausible(text: Any) -> datetime:
    """The timestamp of a state; now, where the device's clock is off or it says none."""
    now, at = timezone.now(), moment(text)
    return at if at is not None and now - BEHIND <= at <= now + AHEAD else now


def on(action: Any) -> Callable[[Handler], Handler]:
    """The library's decorator of handlers, with types."""
    decorator: Callable[[Handler], Handler] = route(action)
    return decorator
