"""Watches the statements of this process: those of SQLAlchemy and those of the driver itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from sqlalchemy import Engine, event

from db.scope.transactions import ScopedConnection


@contextmanager
def sent(engine: Engine | type[Engine] = Engine) -> Iterator[list[tuple[str, tuple[Any, ...]]]]:
    """Statements with their parameters, as they go out meanwhile; those of prepared queries on
    PostgreSQL, whatever the engine."""
    statements: list[tuple[str, tuple[Any, ...]]] = []
    fetch = ScopedConnection.fetch

    def note(*arguments: Any) -> None:
        _, _, statement, parameters, *_ = arguments
        statements.append((statement, parameters))

    async def noted(self: ScopedConnection, statement: str, *parameters: Any) -> Any:
        statements.append((statement, parameters))
        return await fetch(self, statement, *parameters)

    event.listen(engine, "before_cursor_execute", note)
    try:
        with patch.object(ScopedConnection, "fetch", noted):
            yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)
