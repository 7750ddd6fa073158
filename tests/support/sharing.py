"""Caches that all tests of a process share: compiled statements, validated documents, costs.

The product has one application and one engine per process. Tests create new ones, which would
compile the same statements and validate the same documents again: a quarter of the time of a run.
Cached values are immutable, and their keys hold everything that they depend on.
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
    """Let all engines and applications that are created from now on share their caches."""
    _share_statements(patch)
    _share_documents(patch)
    patch.setattr("execution.documents.CostModel", cache(CostModel))
    patch.setattr(schema, "needs", cache(schema.needs))


def _share_statements(patch: pytest.MonkeyPatch) -> None:
    """SQLAlchemy caches compiled statements by engine and dialect."""
    shared: dict[str, tuple[Dialect, LRUCache[Any, Any]]] = {}

    def create_sharing(url: str, **options: Any) -> AsyncEngine:
        created = create_async_engine(url, **options)
        engine: Any = created.sync_engine
        # All engines use the same server or library, so what one dialect learned holds for all.
        dialect, cache = shared.setdefault(
            engine.dialect.name, (engine.dialect, LRUCache(STATEMENTS))
        )
        engine.dialect = engine.pool._dialect = dialect
        engine._compiled_cache = cache
        return created

    patch.setattr("db.engine.create_async_engine", create_sharing)


def _share_documents(patch: pytest.MonkeyPatch) -> None:
    """Each application keeps its own cache of documents, filled from a shared one."""
    prepare = DocumentCache._prepare
    documents: LRUCache[Any, PreparedDocument] = LRUCache(DOCUMENTS)

    def shared(self: DocumentCache, text: str) -> PreparedDocument:
        key = self._schema, self._limits, text
        if key not in documents:
            documents[key] = prepare(self, text)
        return documents[key]

    patch.setattr(DocumentCache, "_prepare", shared)
