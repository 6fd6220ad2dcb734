"""Structured logs: one event a line, as text for people or JSON for machines, each with its request's id."""

import logging
import logging.config
import sys
from typing import Any

#: What others say at INFO and we say ourselves, or what nobody needs.
QUIET = {
    "django.request": "ERROR",  # a 404 is no warning: the access log has it
    "django.security.DisallowedHost": "ERROR",
    "_granian": "WARNING",
    "asyncio": "WARNING",
}


#: Fields of `extra=` that are shown. Django adds the request object itself, headers and all: that one is not.
ALLOWED_EXTRA = {"status_code"}


def configure(settings: dict[str, Any]) -> None:
    """Django's LOGGING_CONFIG. `settings`: {"level": name, "format": "text" | "json"}."""
    import structlog

    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Any] = (
        [
            # Without local variables: they hold passwords and private texts.
            structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False)),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
        if settings["format"] == "json"
        else [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(),
                pad_event_to=0,
                sort_keys=False,
                exception_formatter=structlog.dev.plain_traceback,
            )
        ]
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "line": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
                    "foreign_pre_chain": [*shared, structlog.stdlib.ExtraAdder(ALLOWED_EXTRA)],
                },
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["stderr"], "level": settings["level"]},
            "loggers": {name: {"level": level} for name, level in QUIET.items()},
        }
    )
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
