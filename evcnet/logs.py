"""Logging: in production one JSON object a line, with the id of its request."""

from __future__ import annotations

import logging
from typing import Any

import structlog
from django.http import HttpRequest
from django_structlog.middlewares import RequestMiddleware

from evcnet.secret_addresses import SECRET_PATHS, without_keys

SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]


def configured(*, as_json: bool, level: str) -> dict[str, Any]:
    """Django's LOGGING; whatever is logged through the standard library looks like what structlog logs."""
    logging.captureWarnings(as_json)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    shape: list[Any] = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    if not as_json:
        # Its own choice would print local variables too, and passwords among them.
        shape = [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]
    formatter = {
        "()": LineFormatter,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *shape],
        "foreign_pre_chain": SHARED,
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": formatter},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        # Each start would list the tasks, and those that are run regularly; each job its arguments, addresses among them.
        "loggers": {f"procrastinate.{name}": {"level": "WARNING"} for name in ("blueprints", "periodic", "worker")},
        "root": {"handlers": ["console"], "level": level},
    }


class LineFormatter(structlog.stdlib.ProcessorFormatter):
    """Whatever Django, a library or a traceback says of an address: a key in it is not kept."""

    def format(self, record: logging.LogRecord) -> str:
        return without_keys(super().format(record))


class RequestLog(RequestMiddleware):
    """Gives each request an id that stands on all its lines. Searches and keys in an address are people's secrets."""

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        path = next((each for each in SECRET_PATHS if request.path.startswith(each)), request.path)
        return f"{request.method} {path}"

    @classmethod
    def bind_ip(cls, request: HttpRequest) -> None:
        from evcnet.accounts.attempts import address_of

        structlog.contextvars.bind_contextvars(ip=address_of(request))
