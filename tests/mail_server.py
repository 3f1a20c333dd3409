"""A mail server (SMTP) in a thread, which keeps what it takes and lets a test decide how long it takes."""

from __future__ import annotations

import contextlib
import email
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message
from typing import Any


class MailServer(socketserver.ThreadingTCPServer):
    """``before_answer`` is called with each letter after it was taken and before its sender knows."""

    allow_reuse_address = daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.letters: list[Message] = []
        self.before_answer: Callable[[Message], Any] = lambda letter: None

    @property
    def url(self) -> str:
        """As EMAIL_URL."""
        return f"smtp://127.0.0.1:{self.server_address[1]}"

    def message_ids(self) -> list[str]:
        return [str(letter["Message-ID"]) for letter in self.letters]


class _Conversation(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        # Whoever speaks may be killed meanwhile.
        with contextlib.suppress(ConnectionError):
            self._converse()

    def _converse(self) -> None:
        self._say("220 here")
        for line in self.rfile:
            command = line[:4].upper().strip()
            if command == b"DATA":
                self._say("354 go on")
                self._take(b"".join(iter(self.rfile.readline, b".\r\n")))
            elif command == b"QUIT":
                return self._say("221 bye")
            else:
                self._say("250 fine")
        return None

    def _take(self, data: bytes) -> None:
        letter = email.message_from_bytes(data)
        self.server.letters.append(letter)
        self.server.before_answer(letter)
        self._say("250 taken")

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


@contextmanager
def mail_server() -> Iterator[MailServer]:
    with MailServer() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield server
        server.shutdown()
