"""BootNotification, whatever the version: a charge point registers, a device that nobody knows is kept as one that knocks."""

from __future__ import annotations

import asyncio

import structlog
from ocpp.exceptions import SecurityError

from gateway.devices import point_of
from gateway.registration import REJECTED, Boot, Registration, register
from gateway.server.connection import DeviceConnection
from gateway.unknown_devices import record_knock

logger = structlog.get_logger(__name__)


async def register_device(connection: DeviceConnection, boot: Boot) -> Registration:
    """What the device is told. One whose identity has become known meanwhile must connect again, with its password."""
    visitor = connection.visitor
    if visitor.charge_point is None:
        if await connection.run(point_of, visitor.identity) is not None:
            asyncio.get_running_loop().create_task(connection._connection.close(1008, "connect with the password"))
            raise SecurityError("The charge point is known now: connect again with its password.")
        await connection.run(record_knock, visitor.identity, connection.address, connection.protocol, boot)
        logger.warning("device_rejected", identity=visitor.identity, address=connection.address)
        return REJECTED
    registration = await connection.run(register, visitor.charge_point, boot)
    if registration.reason:
        logger.warning("device_pending", identity=visitor.identity, reason=registration.reason)
    else:
        connection.gateway.check_list_soon(connection)
    return registration
