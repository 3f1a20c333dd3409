"""Client for partners' OCPI: one request to the address that was checked, with a deadline, no redirect, and a log entry."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import urllib3
from django.utils import timezone

from evcnet.json_numbers import json_number
from roaming.addresses import AddressRefused, Target, target_of
from roaming.message_log import Exchange, keep_message
from roaming.models import PartnerConnection
from tariffs.pricing.json_text import NotJson, read_json

LARGEST = 20_000_000
"""Bytes of an answer: several times a page of 5,000 tokens."""
PIECE = 1 << 16
SUCCESS = range(1000, 2000)


class PartnerNotReached(Exception):
    """The partner gave no answer of OCPI, or refused; the message says what happened. ``status``: its HTTP status."""

    def __init__(self, message: str, status: int | None = None, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status, self.retry_after = status, retry_after


@dataclass(frozen=True)
class PartnerAnswer:
    """What the partner answered with success: ``data`` is that of the envelope."""

    data: Any
    headers: Mapping[str, str] = field(default_factory=dict)


def call_partner(
    connection: PartnerConnection, method: str, url: str, *, token: str, body: Any = None, seconds: float = 10
) -> PartnerAnswer:
    """Call the partner and read its answer. Raises PartnerNotReached. The message log has it in any case."""
    began, status, answer, note = timezone.now(), None, None, ""
    try:
        response, text = _request(method, target_of(url), token, body, seconds)
        status = response.status
        answer = read_json(text) if text else None
        return PartnerAnswer(_data(answer, response), response.headers)
    except AddressRefused as refused:
        note = str(refused)
    except urllib3.exceptions.HTTPError as error:
        note = f"No answer: {type(error).__name__}."
    except NotJson as error:
        note = f"The answer {error}."
    except PartnerNotReached as error:
        note = str(error)
        raise
    finally:
        keep_message(connection, Exchange("out", method, url, status, began, body, answer, note))
    raise PartnerNotReached(note, status)


def _request(
    method: str, target: Target, token: str, body: Any, seconds: float
) -> tuple[urllib3.BaseHTTPResponse, bytes]:
    deadline = time.monotonic() + seconds
    headers = {
        "Host": target.host_header,
        "Authorization": f"Token {base64.b64encode(token.encode()).decode()}",
        "Accept": "application/json",
    }
    payload = None
    if body is not None:
        headers["Content-Type"] = "application/json"
        payload = json.dumps(body, default=json_number).encode()
    with _pool(target, seconds) as pool:
        response = pool.request(
            method, target.path, body=payload, headers=headers, redirect=False, retries=False, preload_content=False
        )
        try:
            return response, _read(response, deadline)
        finally:
            response.close()


def _pool(target: Target, seconds: float) -> urllib3.HTTPConnectionPool:
    """To the address that was looked up and checked: a name is not looked up again."""
    timeout = urllib3.Timeout(connect=min(5, seconds), total=seconds)
    if target.scheme == "http":
        return urllib3.HTTPConnectionPool(target.ip, target.port, timeout=timeout)
    return urllib3.HTTPSConnectionPool(
        target.ip, target.port, timeout=timeout, server_hostname=target.host, assert_hostname=target.host
    )


def _read(response: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
    """The body, piece by piece, so that neither a slow nor an endless one holds anybody up."""
    text = b""
    while piece := _next_piece(response, deadline):
        text += piece
        if len(text) > LARGEST:
            raise PartnerNotReached(f"The answer is larger than {LARGEST // 1_000_000} MB.", response.status)
        if time.monotonic() > deadline:
            raise PartnerNotReached("The answer took too long.", response.status)
    return text


def _next_piece(response: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
    socket = getattr(response.connection, "sock", None)
    if socket is not None:
        socket.settimeout(max(0.1, deadline - time.monotonic()))
    return response.read1(PIECE)


def _data(answer: Any, response: urllib3.BaseHTTPResponse) -> Any:
    status = answer.get("status_code") if isinstance(answer, dict) else None
    if isinstance(status, int) and status in SUCCESS and response.status < 400:
        return answer.get("data")
    if response.status >= 300:
        waits = response.headers.get("Retry-After", "")
        raise PartnerNotReached(
            f"It answered with HTTP {response.status}.", response.status, int(waits) if waits.isdecimal() else None
        )
    if isinstance(status, int):
        raise PartnerNotReached(f"It answered with OCPI status {status}.", response.status)
    raise PartnerNotReached("Its answer is none of OCPI.", response.status)
