"""One dialect and one cache of compiled statements for all engines of a kind in this process.

The product makes one engine and compiles a statement once. Here each test makes engines of its
own, and SQLAlchemy keeps what it compiled by engine and by dialect: without this, a fifth of a
run's work is to compile the same statements again.
"""

from typing import Any

import pytest
from sqlalchemy import Dialect
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.util import LRUCache

STATEMENTS = 2_000


def share_compiled_statements(patch: pytest.MonkeyPatch) -> None:
    """Let every `Database` that is made from now on share what others have compiled."""
    shared: dict[str, tuple[Dialect, LRUCache[Any, Any]]] = {}

    def create_sharing(url: str, **options: Any) -> AsyncEngine:
        created = create_async_engine(url, **options)
        engine: Any = created.sync_engine
        # All are of one server or one library: what the first learns of it is true of all.
        dialect, cache = shared.setdefault(
            engine.dialect.name, (engine.dialect, LRUCache(STATEMENTS))
        )
        engine.dialect = engine.pool._dialect = dialect
        engine._compiled_cache = cache
        return created

    patch.setattr("db.session.create_async_engine", create_sharing)
