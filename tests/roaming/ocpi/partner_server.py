"""An e-MSP of our own, written from the specification: it answers what a test puts in, and keeps what it was asked."""

from __future__ import annotations

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

NOW = "2026-11-30T09:00:00Z"


class PartnerServer:
    """``answers`` maps (method, path) to data, or to a function of the request; ``asked`` are the requests in order."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.answers: dict[tuple[str, str], Any] = {}
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.http.daemon_threads = True
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        self.answers["GET", "/versions"] = lambda asked: [
            {"version": version, "url": self.url(f"/{version}")} for version in ("2.1.1", "2.2.1", "2.3.0")
        ]
        for version in ("2.2.1", "2.3.0"):
            self.answers["GET", f"/{version}"] = self._details(version)

    def _details(self, version: str) -> dict[str, Any]:
        modules = [("credentials", "SENDER"), ("tokens", "SENDER"), ("locations", "RECEIVER"), ("tariffs", "RECEIVER")]
        modules += [("sessions", "RECEIVER"), ("cdrs", "RECEIVER")]
        return {
            "version": version,
            "endpoints": [
                {"identifier": module, "role": role, "url": self.url(f"/{version}/{module}")}
                for module, role in modules
            ],
        }

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.http.server_port}{path}"

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()

    def paths(self, method: str = "GET") -> list[str]:
        return [each["path"] for each in self.asked if each["method"] == method]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length)) if length else None
                parts = urlsplit(self.path)
                scheme, _, token = self.headers.get("Authorization", "").partition(" ")
                asked = {"method": self.command, "path": parts.path, "query": parts.query, "body": body}
                asked["token"] = base64.b64decode(token).decode() if scheme == "Token" else None
                server.asked.append(asked)
                self.send(server.answers.get((self.command, parts.path), LookupError), asked)

            def send(self, answer: Any, asked: dict[str, Any]) -> None:
                headers: dict[str, str] = {}
                answer = answer(asked) if callable(answer) and answer is not LookupError else answer
                if isinstance(answer, bytes):
                    status, text = 200, answer
                elif answer is LookupError:
                    status, text = 404, json.dumps({"status_code": 2000, "timestamp": NOW}).encode()
                elif isinstance(answer, int):
                    status, text = answer, json.dumps({"status_code": 3000, "timestamp": NOW}).encode()
                else:
                    data, headers = answer if isinstance(answer, tuple) else (answer, {})
                    status, text = 200, json.dumps({"status_code": 1000, "timestamp": NOW, "data": data}).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

            def log_message(self, *args: Any) -> None:
                pass

        return Handler
