"""The command `worker`: runs jobs, such as mails, until INT or TERM."""

import asyncio
import contextlib
import signal
from typing import Any

from django.core.management.base import BaseCommand

from evcnet.worker import run_worker


class Command(BaseCommand):
    help = "Run jobs until INT or TERM, which let the running mail finish. Several workers share the jobs."
    requires_system_checks = ()

    def handle(self, **options: Any) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(_run_until_signal())


async def _run_until_signal() -> None:
    worker = asyncio.ensure_future(run_worker())
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, _cancel_once, worker)
    await worker


def _cancel_once(worker: "asyncio.Future[None]") -> None:
    """An impatient second signal does not cut off what the first one lets finish."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.remove_signal_handler(number)
        signal.signal(number, signal.SIG_IGN)
    worker.cancel()
