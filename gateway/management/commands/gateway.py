"""The command `gateway`: holds the connections of charge points until INT or TERM."""

import asyncio
import os
import resource
import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from gateway.server.gateway import Gateway

PORT = 9000


class Command(BaseCommand):
    help = "Serve charge points by OCPP 1.6 and 2.0.1 at ws://HOST:PORT/ocpp/IDENTITY. Several share one database."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=os.environ.get("EVCNET_HOST") or "127.0.0.1")
        parser.add_argument("--port", type=int, default=None, help=f"OCPP_PORT, else {PORT}")

    def handle(self, *, host: str, port: int | None, **options: Any) -> None:
        raise_file_limit()
        asyncio.run(self.serve(host, port if port is not None else port_of_environment()))

    async def serve(self, host: str, port: int) -> None:
        gateway = Gateway()
        end = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, end.set)
        try:
            port = await gateway.start(host, port)
        except OSError as refused:
            raise CommandError(
                f"Port {port} of {host} cannot be had ({refused.strerror}). Choose another: OCPP_PORT={port + 1}"
            ) from refused
        self.stdout.write(f"Charge points connect to ws://{host}:{port}/ocpp/IDENTITY")
        self.stdout.flush()
        await end.wait()
        await gateway.stop()


def raise_file_limit() -> None:
    """A connection is a file: as many as the system allows this account."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def port_of_environment() -> int:
    """Raises CommandError where OCPP_PORT is no port."""
    asked = os.environ.get("OCPP_PORT") or str(PORT)
    if not asked.isdecimal() or not 0 < int(asked) < 65536:
        raise CommandError(f"OCPP_PORT={asked} is no port: choose a number from 1 to 65535.")
    return int(asked)
