"""Local lists over the wire: the device is asked what it can hold and has, and sent what it should have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog
from ocpp.exceptions import OCPPError
from websockets.exceptions import ConnectionClosed

from gateway.local_list import DesiredList, keep_sent, local_list

if TYPE_CHECKING:
    from gateway.server.connection import DeviceConnection

logger = structlog.get_logger(__name__)
PER_MESSAGE = 100
"""Entries of one message where the device says nothing; frames stay small."""


async def bring_in_step(connection: DeviceConnection) -> None:
    """Compare, and send where it differs. A device that knows no lists is asked once a connection."""
    device: Any = connection
    try:
        if connection.list_limits_known is None:
            connection.list_limits_known = await device.list_limits()
        most, at_once = connection.list_limits_known
        if most > 0:
            await _send_where_it_differs(connection, most, min(at_once or PER_MESSAGE, PER_MESSAGE))
    except (OCPPError, TimeoutError) as refused:
        if connection.list_limits_known is None:
            connection.list_limits_known = (0, 0)
        logger.info("no_local_list", identity=connection.visitor.identity, reason=type(refused).__name__)
    except ConnectionClosed:
        return


async def _send_where_it_differs(connection: DeviceConnection, most: int, at_once: int) -> None:
    desired = await connection.run(local_list, connection.charge_point, most)
    device: Any = connection
    if desired.is_there and connection.list_compared:
        return
    version = await device.current_list_version()
    connection.list_compared = True
    has_none = version <= 0
    if desired.is_there and (version == desired.stored_version or (has_none and not desired.entries)):
        return
    await _send(connection, desired, max(version, desired.stored_version, 0), at_once)


async def _send(connection: DeviceConnection, desired: DesiredList, version: int, at_once: int) -> None:
    """In pieces: the first replaces what the device has, the others are added."""
    device: Any = connection
    pieces = [list(desired.entries[at : at + at_once]) for at in range(0, len(desired.entries), at_once)] or [[]]
    for number, piece in enumerate(pieces):
        version += 1
        if not await device.send_list(version, piece, full=number == 0):
            logger.warning("local_list_refused", identity=connection.visitor.identity, entries=len(desired.entries))
            return
    await connection.run(keep_sent, connection.charge_point, version, desired.fingerprint, len(desired.entries))
