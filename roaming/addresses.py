"""Addresses of partners: which of them the portal calls. Those of its own network are refused (server-side request forgery)."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

LONGEST = 255
PORTS = {"http": 80, "https": 443}


class AddressRefused(Exception):
    """An address that is not called; the message says why."""


@dataclass(frozen=True)
class Target:
    """Where a request goes: ``ip`` is the address that was checked, and the one that is connected to."""

    scheme: str
    host: str
    port: int
    ip: str
    path: str

    @property
    def host_header(self) -> str:
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == PORTS[self.scheme] else f"{name}:{self.port}"


def target_of(url: str) -> Target:
    """Look the host up once. Raises AddressRefused."""
    parts, host, port = _parts(url)
    ips = _lookup(host, port)
    if not settings.OCPI_ALLOW_PRIVATE:
        for ip in ips:
            if not _is_public(ip):
                raise AddressRefused(f"{host} is an address of a private network, which is not called.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port, ips[0], path)


def _parts(url: str) -> tuple[SplitResult, str, int]:
    if len(url) > LONGEST or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise AddressRefused(f"An address has at most {LONGEST} printable characters of ASCII.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise AddressRefused(f"This is no web address: {error}.") from error
    if parts.scheme not in PORTS or not host:
        raise AddressRefused("An address begins with https:// and a host.")
    if parts.scheme == "http" and settings.PRODUCTION and not settings.OCPI_ALLOW_PRIVATE:
        raise AddressRefused("Tokens are sent by https alone.")
    if parts.username is not None or parts.password is not None:
        raise AddressRefused("An address holds no name and no password.")
    return parts, host, PORTS[parts.scheme] if port is None else port


def _lookup(host: str, port: int) -> list[str]:
    try:
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise AddressRefused(f"{host} has no address.") from error
    return [str(row[4][0]) for row in rows]


def _is_public(text: str) -> bool:
    """One that anybody on the internet may call; an IPv4 address in the dress of an IPv6 one counts as what it is."""
    try:
        ip = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        embedded = ip.ipv4_mapped or ip.sixtofour or _translated(ip)
        if embedded is not None:
            return _is_public(str(embedded))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _translated(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address within one of NAT64 (64:ff9b::/96), None in others."""
    return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if int(ip) >> 32 == 0x64FF9B << 64 else None
