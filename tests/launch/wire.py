"""A wire between processes and the database, which a test can cut and mend."""

from __future__ import annotations

import contextlib
import selectors
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SOCKET_NAME = ".s.PGSQL.5432"


class Wire:
    """Listens in ``folder`` as PostgreSQL would, and passes everything on to the server whose socket is in ``server``."""

    def __init__(self, folder: Path, server: Path) -> None:
        self.socket, self.server = folder / SOCKET_NAME, server / SOCKET_NAME
        self.ends: list[socket.socket] = []
        self.listener: socketserver.ThreadingUnixStreamServer | None = None

    def mend(self) -> None:
        wire = self

        class Passing(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with socket.socket(socket.AF_UNIX) as beyond:
                    beyond.connect(str(wire.server))
                    wire.ends += [self.request, beyond]
                    _pass_on(self.request, beyond)

        self.listener = socketserver.ThreadingUnixStreamServer(str(self.socket), Passing)
        self.listener.daemon_threads = True
        threading.Thread(target=self.listener.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def cut(self) -> None:
        """All connections end at once, and nobody answers any more."""
        if self.listener is None:
            return
        self.listener.shutdown()
        self.socket.unlink()
        for end in self.ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self.listener.socket.close()
        self.ends, self.listener = [], None


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    """Whatever either end says, until one hangs up."""
    with selectors.DefaultSelector() as selector, contextlib.suppress(OSError):
        selector.register(one, selectors.EVENT_READ, other)
        selector.register(other, selectors.EVENT_READ, one)
        while True:
            for key, _ in selector.select():
                data = key.fileobj.recv(65536)  # type: ignore[union-attr]
                if not data:
                    return
                key.data.sendall(data)


@contextmanager
def wire_to(server: Path, folder: Path) -> Iterator[Wire]:
    wire = Wire(folder, server)
    wire.mend()
    yield wire
    wire.cut()
