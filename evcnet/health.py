"""Health checks: /healthz tells that the process lives, /readyz that it can work."""

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse

STUCK_AFTER = "15 minutes"


def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """200 only when the database answers, migrations are applied and the job queue is not stuck; else 503 with what is wrong."""
    try:
        wrong = _unapplied() or _stuck()
    except DatabaseError:
        wrong = "the database does not answer"
    return JsonResponse({"status": wrong or "ok"}, status=503 if wrong else 200)


def _unapplied() -> str:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return f"{len(plan)} migrations are not applied: run manage.py migrate" if plan else ""


def _stuck() -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo' AND coalesce(scheduled_at, now()) "
            "< now() - %s::interval",
            [STUCK_AFTER],
        )
        waiting = cursor.fetchone()[0]
    return f"{waiting} jobs wait for longer than {STUCK_AFTER}: is the worker running?" if waiting else ""
