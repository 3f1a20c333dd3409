"""Worker: runs the jobs, takes up those of workers that are gone, and outlives a database that is away."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time

import psycopg
from procrastinate import App, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException

logger = logging.getLogger(__name__)

UNTIL_IT_RUNS = RetryStrategy(wait=30)
"""For a job that says itself what becomes of each letter: what it fails by is the database's fault, say, and passes."""

LONG = "long"
"""The queue of jobs that take minutes or more, which hold up none of the others."""
QUEUES: dict[str, int] = {"default": 2, LONG: 2}
"""So many jobs of each queue run side by side: a mail server that hangs holds up one mailing, and no link for a new password."""
HEARTBEAT = 5.0
"""Seconds between two heartbeats, and between two looks for jobs of workers that are gone."""
STALLED_AFTER = 20.0
"""Seconds without a heartbeat after which a worker is gone."""
ABORT_AFTER = 1.0
"""Seconds after TERM from which a long job stops at the next good moment. Whatever it is doing is finished first."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
"""Seconds until the next try when the database is away: doubled each time, short again after a minute of work."""
SETTLED = 60.0


async def run_worker() -> None:
    """Run jobs until cancelled; then the running ones are finished, or put back where they look for it."""
    pause = FIRST_PAUSE
    while True:
        started_at = time.monotonic()
        reason: object = "its connection was lost"
        try:
            await _run_while_connected()
        except (ConnectorException, psycopg.OperationalError) as failure:
            reason = failure.__cause__ or failure
        if time.monotonic() - started_at > SETTLED:
            pause = FIRST_PAUSE
        logger.warning("The database cannot be used (%s). Jobs wait; the next try is in %.0f s.", reason, pause)
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


async def _take_up_stalled_jobs(connected: App) -> None:
    """Queue the jobs of workers that are gone again. Jobs are written so that to run twice does no harm."""
    for job in await connected.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER):
        logger.warning("Job %s (%s) has lost its worker and is taken up again.", job.id, job.task_name)
        # Another worker may have been quicker.
        with contextlib.suppress(ConnectorException):
            await connected.job_manager.retry_job(job)


async def _run_while_connected() -> None:
    """Returns or raises once the database cannot be reached."""
    connector = app.connector.get_worker_connector()  # type: ignore[attr-defined]
    with app.replace_connector(connector) as connected:
        try:
            await connected.open_async()
            await _take_up_stalled_jobs(connected)
            await _run_jobs(connected)
        finally:
            # Also where it could not be opened: its pool would go on trying to connect.
            await connected.close_async()


async def _run_jobs(connected: App) -> None:
    """Returns or raises as the first of its workers does, once the others have ended as well."""
    looking = asyncio.create_task(_keep_taking_up(connected))
    workers = [asyncio.create_task(_run_queue(connected, *each)) for each in QUEUES.items()]
    try:
        await asyncio.wait(workers, return_when=asyncio.FIRST_COMPLETED)
    finally:
        looking.cancel()
        for worker in workers:
            worker.cancel()
        results = await asyncio.gather(*workers, return_exceptions=True)
    for failure in results:
        if isinstance(failure, Exception):
            raise failure


async def _run_queue(connected: App, queue: str, concurrency: int) -> None:
    await connected.run_worker_async(
        queues=[queue],
        name=queue,
        concurrency=concurrency,
        shutdown_graceful_timeout=ABORT_AFTER,
        update_heartbeat_interval=HEARTBEAT,
        stalled_worker_timeout=STALLED_AFTER,
        # Jobs that are done are not kept: some say who asked for a new password.
        delete_jobs="successful",
        install_signal_handlers=False,
    )


async def _keep_taking_up(connected: App) -> None:
    """Beside the jobs and not one of them: it must not wait for a place among them."""
    while True:
        await asyncio.sleep(HEARTBEAT)
        # Without a database the worker itself ends soon, and is started again.
        with contextlib.suppress(ConnectorException, psycopg.OperationalError):
            await _take_up_stalled_jobs(connected)
