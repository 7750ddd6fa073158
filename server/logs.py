"""Logs: one JSON object a line, the same form for ours, uvicorn's and every library's."""

import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import orjson
import structlog
from structlog.typing import EventDict, WrappedLogger

from execution.errors import drop_tracebacks
from server.request_id import current_request_id

log = structlog.get_logger("execution")

MAX_LOGGED_ERRORS = 5
"""Tracebacks logged for one operation: a field that fails for 250 rows fails in one way."""

_MAX_NAME = 100


@dataclass(slots=True)
class OperationRecord:
    """What the log line of an operation says. It never holds a variable, a literal or a secret."""

    client: str | None = None
    operation: str | None = None
    type: str | None = None
    status: int | None = None
    statements: int | None = None
    cost: int | None = None
    executor: str | None = None
    errors: Sequence[str] = field(default_factory=list)
    unexpected: list[Exception] = field(default_factory=list)

    def write(self, milliseconds: float) -> None:
        """Write the operation's line, and before it the unexpected errors with tracebacks."""
        for error in self.unexpected[:MAX_LOGGED_ERRORS]:
            log.error("unexpected error", exc_info=error)
        drop_tracebacks(self.unexpected)
        log.info(
            "operation",
            client=self.client,
            operation=self.operation and self.operation[:_MAX_NAME],
            type=self.type,
            status=self.status,
            milliseconds=round(milliseconds, 2),
            statements=self.statements,
            cost=self.cost,
            executor=self.executor,
            errors=list(dict.fromkeys(self.errors)),
            **({"unexpected": len(self.unexpected)} if self.unexpected else {}),
        )


def configure_logging(*, level: int = logging.INFO, stream: BinaryIO | None = None) -> None:
    """Send every log record of the process to ``stream`` (default: stderr) as JSON lines.

    Start uvicorn with ``log_config=None``, or it would set up its own handlers over these.
    """
    structlog.configure(
        processors=[
            _add_request_id,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_encode),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.BytesLoggerFactory(stream or sys.stderr.buffer),
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


def _add_request_id(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    request_id = current_request_id()
    if request_id is not None:
        event["request_id"] = request_id
    return event


def _encode(event: EventDict, **_options: Any) -> bytes:
    return orjson.dumps(event, default=repr)
