"""Logs: one JSON object a line, in the same form for the product and for every library."""

import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, BinaryIO

import orjson
import structlog
from structlog.typing import EventDict, WrappedLogger

from server.requests import current_request_id

log = structlog.get_logger("request")

_LINE = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE
_lines: BinaryIO | None = None
"""Where `write_line` writes to; None until logging is configured, or at a higher level."""


def write_line(event: str, fields: Mapping[str, Any], request_id: str) -> None:
    """Write the one line of a request. In the same form as structlog's lines, and past it: its
    processors would take longer than the rest of a small request."""
    if _lines is None:
        log.info(event, **fields)
        return
    line = {
        **fields,
        "event": event,
        "request_id": request_id,
        "level": "info",
        "timestamp": datetime.now(UTC),
    }
    _lines.write(orjson.dumps(line, default=repr, option=_LINE))
    _lines.flush()


def configure_logging(*, level: int = logging.INFO, stream: BinaryIO | None = None) -> None:
    """Send every log record of the process to ``stream`` (default: stderr) as JSON lines.

    Start uvicorn with ``log_config=None``, or it would set up its own handlers over these.
    """
    global _lines  # noqa: PLW0603 - logging is the process's, as in structlog and the library
    stream = stream or sys.stderr.buffer
    _lines = stream if level <= logging.INFO else None
    structlog.configure(
        processors=[
            _add_request_id,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_encode),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.BytesLoggerFactory(stream),
        # A cached logger would keep the stream it was first used with.
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [_Forward()]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers = []
        logger.propagate = True


class _Forward(logging.Handler):
    """Passes records of the standard library's logging on to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            extra: dict[str, Any] = {"logger": record.name}
            if record.exc_info:
                extra["exc_info"] = record.exc_info
            message = record.getMessage()
            if record.name == "uvicorn.access" and isinstance(record.args, tuple):
                message, request = "request", record.args
                _, extra["method"], path, _, extra["status"] = request
                # A GET request's query string holds a query with its literals and variables.
                extra["path"] = str(path).partition("?")[0]
            log.log(record.levelno, message, **extra)
        except Exception:
            # A record that cannot be formatted must not fail the code that logs it.
            self.handleError(record)


def reset_logging() -> None:
    """Undo `configure_logging`, but for the handlers of the standard library."""
    global _lines  # noqa: PLW0603
    _lines = None
    structlog.reset_defaults()


def _add_request_id(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    request_id = current_request_id()
    if request_id is not None:
        event["request_id"] = request_id
    return event


def _encode(event: EventDict, **_options: Any) -> bytes:
    return orjson.dumps(event, default=repr)
