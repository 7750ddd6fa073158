"""A second look at a scoped statement: at its SQL, when it is first sent.

The scope is added to mapped classes (`db.session`), so a plain table or a piece of text beside
them would escape it. Here every table of tenants that the SQL reads must carry the condition. The
look costs once for each compiled statement, not for each execution.
"""

import re
from collections import Counter
from typing import Any
from weakref import WeakSet

from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import ExecutionContext

from db.base import Base, TenantOwned
from db.models import Tenant


class UnscopedStatementError(Exception):
    """A statement that no scope could be added to."""


SCOPED = "partnergraph_scoped"
"""The execution option of a statement that a scope was added to."""

_TABLES = "|".join(
    mapper.local_table.description
    for mapper in Base.registry.mappers
    if issubclass(mapper.class_, TenantOwned | Tenant)
)
# A table in its own right: neither the prefix of a column nor the name of a result.
_READ = re.compile(
    rf'(?<!\w)(?<!\bAS )"?(?P<table>{_TABLES})"?(?!\w|"|\.)(?:\s+AS\s+"?(?P<alias>\w+)"?)?',
    re.IGNORECASE,
)
_CONDITION = re.compile(r"(?<!\w)(?P<name>\w+)\.root_tenant_id = (?:\$\d|\?)")
_NEW_OWNER = re.compile(r"\bSET\b.*?\b(?:root_)?tenant_id=", re.DOTALL)


def refuse_unscoped(sql: str) -> None:
    """Raises where the SQL reads tenants' rows without a scope, or gives them another owner."""
    read = Counter((found["alias"] or found["table"]).lower() for found in _READ.finditer(sql))
    scoped = Counter(found["name"].lower() for found in _CONDITION.finditer(sql))
    for name, times in read.items():
        if scoped[name] < times:
            raise UnscopedStatementError(f"`{name}` is read without the session's scope")
    if _NEW_OWNER.search(sql):
        raise UnscopedStatementError("rows keep their tenant")


def watch(engine: Engine) -> None:
    """Look at every scoped statement of the engine."""
    seen: WeakSet[Any] = WeakSet()

    @event.listens_for(engine, "before_cursor_execute", named=True)
    def look(statement: str, context: ExecutionContext, **_: object) -> None:
        if not context.execution_options.get(SCOPED) or context.compiled in seen:
            return
        refuse_unscoped(statement)
        if context.compiled is not None:
            seen.add(context.compiled)
