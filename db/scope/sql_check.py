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

from db.base import Base, ByColumn, ByParent, TenantOwned
from db.models import Tenant
from db.scope.tenant_scope import TenantScope


class UnscopedStatementError(Exception):
    """A statement that no scope could be added to."""


SCOPED = "partnergraph_scoped"
"""The execution option of a statement that a scope was added to: that scope."""

_MODELS = {
    mapper.local_table.description: mapper.class_
    for mapper in Base.registry.mappers
    if issubclass(mapper.class_, TenantOwned | Tenant)
}
_TABLES = "|".join(_MODELS)
# A table in its own right: neither the prefix of a column nor the name of a result.
_READ = re.compile(
    rf'(?<!\w)(?<!\bAS )"?(?P<table>{_TABLES})"?(?!\w|"|\.)(?:\s+AS\s+"?(?P<alias>\w+)"?)?',
    re.IGNORECASE,
)
_CONDITION = re.compile(r"(?<!\w)(?P<name>\w+)\.root_tenant_id = (?:\$\d|\?)")
_CHANGE = re.compile(
    rf'\bUPDATE "?(?P<table>{_TABLES})"? SET (?P<values>.*?)(?: WHERE |$)', re.DOTALL
)
_SETTING = re.compile(r"\bset_config\b|\bpartnergraph\.", re.IGNORECASE)
_NEW_OWNER = re.compile(r"\bSET\b.*?\b(?:root_)?tenant_id=", re.DOTALL)


# What tells where a condition belongs: to which clause, within which parentheses.
_STRUCTURE = re.compile(
    r"(?P<opens>\(|\bCASE\b)|(?P<closes>\)|\bEND\b)|(?P<either>\bOR\b)"
    r"|(?P<clause>\b(?:SELECT|WHERE|ON|GROUP|HAVING|ORDER|UNION)\b)"
    r"|(?P<condition>\broot_tenant_id = (?:\$\d|\?))",
    re.IGNORECASE,
)


def refuse_unscoped(sql: str, scope: TenantScope) -> None:
    """Raises where the SQL reads tenants' rows without the scope, or gives them another owner."""
    read = Counter(
        ((found["alias"] or found["table"]).lower(), found["table"].lower())
        for found in _READ.finditer(sql)
    )
    names = Counter[str]()
    for (name, _), times in read.items():
        names[name] += times
    scoped = Counter(found["name"].lower() for found in _CONDITION.finditer(sql))
    for name, times in names.items():
        if scoped[name] < times:
            raise UnscopedStatementError(f"`{name}` is read without the session's scope")
    if _is_optional(sql):
        raise UnscopedStatementError("the scope stands beside an OR, which could do without it")
    if _NEW_OWNER.search(sql):
        raise UnscopedStatementError("rows keep their tenant")
    if _SETTING.search(sql):
        raise UnscopedStatementError("what a transaction was opened with stays as it is")
    if scope.customer_id is not None:
        for (name, table), times in read.items():
            if len(re.findall(_customers_own(name, table), sql, re.IGNORECASE)) < times:
                raise UnscopedStatementError(f"`{name}` is read for more than the customer")
        for change in _CHANGE.finditer(sql):
            rule = getattr(_MODELS[change["table"].lower()], "of_customer", None)
            if rule is not None and re.search(rf"\b{rule.column}=", change["values"]):
                raise UnscopedStatementError("rows keep their customer")


def _is_optional(sql: str) -> bool:
    """Whether a scope's condition has an OR beside it, as only text can bring there."""
    levels: list[set[str]] = [set()]
    for found in _STRUCTURE.finditer(sql):
        match found.lastgroup:
            case "opens":
                levels.append(set())
            case "closes" if len(levels) > 1:
                levels.pop()
            case "clause":
                levels[-1] = set()
            case "either" | "condition" as kind:
                levels[-1].add(kind)
                if len(levels[-1]) > 1:
                    return True
    return False


def _customers_own(name: str, table: str) -> str:
    """The condition that a table, under a name of this statement, shows one customer's rows."""
    model = _MODELS[table]
    if not issubclass(model, TenantOwned):
        return rf"\b{name}\.id = (?:\$\d|\?)"
    match model.of_customer:
        case ByColumn(column):
            return rf"\b{name}\.{column} = (?:\$\d|\?)"
        case ByParent(column):
            return rf"\.id = {name}\.{column}\b"
        case _:
            return rf"\b{name}\.tenant_id IS NULL"


def watch(engine: Engine) -> None:
    """Look at every scoped statement of the engine."""
    seen: WeakSet[Any] = WeakSet()

    @event.listens_for(engine, "before_cursor_execute", named=True)
    def look(statement: str, context: ExecutionContext, **_: object) -> None:
        scope = context.execution_options.get(SCOPED)
        if scope is None or context.compiled in seen:
            return
        refuse_unscoped(statement, scope)
        if context.compiled is not None:
            seen.add(context.compiled)
