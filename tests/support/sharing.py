"""What a process of the product works out once, worked out once in a process of the tests.

The product has one application and one engine for each process. Tests make new ones each, and
would compile the same statements and validate the same documents again: a quarter of a run's work.
Nothing that is shared can be changed, and all of it is found by everything that it depends on.
"""

from functools import cache
from typing import Any

import pytest
from sqlalchemy import Dialect
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.util import LRUCache

import schema
from execution.cost_model import CostModel
from execution.documents import DocumentCache, PreparedDocument

STATEMENTS = 2_000
DOCUMENTS = 2_000


def share(patch: pytest.MonkeyPatch) -> None:
    """Let all that is made from now on share what others have worked out."""
    _share_statements(patch)
    _share_documents(patch)
    patch.setattr("execution.documents.CostModel", cache(CostModel))
    patch.setattr(schema, "needs", cache(schema.needs))


def _share_statements(patch: pytest.MonkeyPatch) -> None:
    """SQLAlchemy keeps what it has compiled by engine and by dialect."""
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


def _share_documents(patch: pytest.MonkeyPatch) -> None:
    """Each application has its own cache of documents; what is put there is prepared once."""
    prepare = DocumentCache._prepare
    known: LRUCache[Any, PreparedDocument] = LRUCache(DOCUMENTS)

    def shared(self: DocumentCache, text: str) -> PreparedDocument:
        key = self._schema, self._limits, text
        if key not in known:
            known[key] = prepare(self, text)
        return known[key]

    patch.setattr(DocumentCache, "_prepare", shared)
