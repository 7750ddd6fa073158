"""Records the statements that this process sends, by SQLAlchemy or by the driver itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from sqlalchemy import Engine, event

from db.scope.transactions import ScopedConnection


@contextmanager
def sent(engine: Engine | type[Engine] = Engine) -> Iterator[list[tuple[str, tuple[Any, ...]]]]:
    """The statements sent within the block, with their parameters.

    Those that go straight to the driver on PostgreSQL are recorded for every engine.
    """
    statements: list[tuple[str, tuple[Any, ...]]] = []
    fetch = ScopedConnection.fetch

    def record(*arguments: Any) -> None:
        _, _, statement, parameters, *_ = arguments
        statements.append((statement, parameters))

    async def recording_fetch(self: ScopedConnection, statement: str, *parameters: Any) -> Any:
        statements.append((statement, parameters))
        return await fetch(self, statement, *parameters)

    event.listen(engine, "before_cursor_execute", record)
    try:
        with patch.object(ScopedConnection, "fetch", recording_fetch):
            yield statements
    finally:
        event.remove(engine, "before_cursor_execute", record)
