"""Health checks: /healthz tells that the process lives, /readyz that it can work."""

from datetime import timedelta

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Max
from django.db.models.functions import Greatest
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinateWorker

from evcnet import replica

SLOW_AFTER = timedelta(minutes=15)
"""So long a job waits at most, where a worker lives."""
LOST_AFTER = timedelta(minutes=1)
"""After so long without a heartbeat a worker is gone, and should have been replaced."""


def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """200 only when the database answers, migrations are applied and the job queue is not stuck; else 503 with what is wrong."""
    try:
        wrong = problem()
    except DatabaseError:
        wrong = "the database does not answer"
    answer = {"status": wrong or "ok"}
    if not wrong and replica.is_configured():
        answer["replica"] = replica.describe()  # for the eye: without it the portal works as well
    return JsonResponse(answer, status=503 if wrong else 200)


def problem() -> str:
    """What keeps the portal from working; empty where nothing does."""
    return _unapplied() or _stuck()


def _unapplied() -> str:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return f"{len(plan)} migrations are not applied: run manage.py migrate" if plan else ""


def _stuck() -> str:
    """What is wrong with the jobs that are due: their worker is gone, there is none, or it does not get to them."""
    now = timezone.now()
    alive = ProcrastinateWorker.objects.filter(last_heartbeat__gte=now - LOST_AFTER)
    jobs = ProcrastinateJob.objects.alias(
        since=Greatest("scheduled_at", Max("procrastinateevent__at"))  # PostgreSQL's ignores what is NULL
    )
    lost = jobs.filter(status="doing", since__lt=now - LOST_AFTER).exclude(worker__in=alive).count()
    if lost:
        return f"{lost} jobs have lost their worker: no other one has taken them up"
    waiting = jobs.filter(status="todo")
    unattended = 0 if alive.exists() else waiting.filter(since__lt=now - LOST_AFTER).count()
    if unattended:
        return f"{unattended} jobs wait and no worker lives: is manage.py worker running?"
    slow = waiting.filter(since__lt=now - SLOW_AFTER).count()
    return f"{slow} jobs wait for longer than {SLOW_AFTER.seconds // 60} minutes" if slow else ""
