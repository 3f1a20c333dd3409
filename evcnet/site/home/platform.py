"""Home of the platform's operator: providers and what they run, jobs, mail, the gateway, the database and versions."""

from __future__ import annotations

import platform as machine
import tomllib
from dataclasses import dataclass
from datetime import datetime

import django
from django.conf import settings
from django.db import connection
from django.db.models import Count, Q
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinateWorker

from customers.models import Notice, Provider, StaffMember
from customers.permissions import Role
from evcnet.health import LOST_AFTER, problem
from evcnet.text import counted
from gateway.devices import SILENT_AFTER
from gateway.models import Device, GatewayProcess

MOST = 20


@dataclass(frozen=True)
class ServiceLine:
    """One thing that the platform runs. ``state`` is a badge, "" where nothing is to be judged."""

    name: str
    state: str
    word: str
    details: str


@dataclass(frozen=True)
class ProviderLine:
    """A provider, with how many may sign in and whether one of them is its admin; nothing of its customers."""

    provider: Provider
    logins: int
    admins: int
    link: str

    @property
    def details(self) -> str:
        return counted(self.logins, "login") + ("" if self.admins else ", no provider admin yet: invite one")


@dataclass(frozen=True)
class Platform:
    problem: str
    parts: tuple[ServiceLine, ...]
    providers: tuple[ProviderLine, ...]
    more: int


def platform(login: StaffMember, now: datetime) -> Platform:
    """For who looks after the platform: what runs and how well, and of providers what it may see without a role there."""
    lines = tuple(_providers(login))
    parts = (_jobs(now), _mail(), _gateway(now), _database(), _versions())
    return Platform(problem(), parts, lines[:MOST], max(len(lines) - MOST, 0))


def _providers(login: StaffMember) -> list[ProviderLine]:
    usable = Q(membership__staff_member__is_active=True)
    admins = usable & Q(membership__role=Role.PROVIDER_ADMIN)
    rows = Provider.objects.visible_to(login).annotate(
        logins=Count("membership__staff_member", filter=usable, distinct=True),
        admins=Count("membership__staff_member", filter=admins, distinct=True),
    )
    return [
        ProviderLine(row, row.logins, row.admins, reverse("admin:customers_provider_change", args=[row.pk]))
        for row in rows.order_by("name")
    ]


def _jobs(now: datetime) -> ServiceLine:
    alive = ProcrastinateWorker.objects.filter(last_heartbeat__gte=now - LOST_AFTER).count()
    counts = ProcrastinateJob.objects.aggregate(
        waiting=Count("pk", filter=Q(status="todo")),
        doing=Count("pk", filter=Q(status="doing")),
        failed=Count("pk", filter=Q(status="failed")),
    )
    details = f"{counts['waiting']:,} waiting, {counts['doing']:,} running, {counts['failed']:,} failed"
    words = f"{counted(alive, 'worker')}; {details}"
    return ServiceLine("Jobs", "active" if alive else "failed", "running" if alive else "no worker", words)


def _mail() -> ServiceLine:
    waiting = Notice.objects.filter(state=Notice.State.QUEUED).count()
    return ServiceLine("Mail", "", "", f"{counted(waiting, 'letter')} waiting to be mailed")


def _gateway(now: datetime) -> ServiceLine:
    alive = GatewayProcess.objects.filter(alive_at__gte=now - SILENT_AFTER).count()
    connected = Device.objects.filter(connection__isnull=False).count()
    details = f"{counted(alive, 'process', 'processes')}, {counted(connected, 'charge point')} connected"
    return ServiceLine("Gateway", "active" if alive else "inactive", "running" if alive else "not running", details)


def _database() -> ServiceLine:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_size_pretty(pg_database_size(current_database())), current_setting('server_version'),"
            " (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()),"
            " current_setting('max_connections')"
        )
        size, server, used, most = cursor.fetchone()
    return ServiceLine("Database", "", "", f"PostgreSQL {server.split(' ')[0]}, {size}, {used} of {most} connections")


def _versions() -> ServiceLine:
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]
    own = f"evcnet {project['version']}, Django {django.get_version()}, Python {machine.python_version()}"
    return ServiceLine("Versions", "", "", own)
