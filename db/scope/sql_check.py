"""First layer: checks that the SQL of a statement contains the conditions of its scope.

Criteria reach mapped classes alone (`db.scope.criteria`); a plain table or literal SQL in the same
statement would escape them. Here every table of tenants that the SQL reads must have the condition.
Each compiled statement is checked once, not at each execution.
"""

import re
from collections import Counter
from typing import Any
from weakref import WeakSet

from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import ExecutionContext

from db.base import ByColumn, ByParent, TenantOwned
from db.models import MODELS_OF_TENANTS
from db.scope.tenant_scope import TenantScope


class UnscopedStatementError(Exception):
    """A statement without the conditions of its scope, or one that they cannot be added to."""


SCOPED = "partnergraph_scoped"
"""Execution option of a scoped statement: its scope."""

_TABLES = "|".join(MODELS_OF_TENANTS)
# The name of a table that is read: not the prefix of a column, nor a label.
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


# What decides which clause, within which parentheses, a condition belongs to.
_STRUCTURE = re.compile(
    r"(?P<opens>\(|\bCASE\b)|(?P<closes>\)|\bEND\b)|(?P<either>\bOR\b)"
    r"|(?P<clause>\b(?:SELECT|WHERE|ON|GROUP|HAVING|ORDER|UNION)\b)"
    r"|(?P<condition>\broot_tenant_id = (?:\$\d|\?))",
    re.IGNORECASE,
)


def refuse_unscoped(sql: str, scope: TenantScope) -> None:
    """Raises UnscopedStatementError if SQL reads rows out of scope, or changes their owner."""
    read = Counter(
        ((match["alias"] or match["table"]).lower(), match["table"].lower())
        for match in _READ.finditer(sql)
    )
    names = Counter[str]()
    for (name, _), times in read.items():
        names[name] += times
    scoped = Counter(match["name"].lower() for match in _CONDITION.finditer(sql))
    for name, times in names.items():
        if scoped[name] < times:
            raise UnscopedStatementError(f"`{name}` is read without the session's scope")
    if _is_optional(sql):
        raise UnscopedStatementError("an OR makes the scope's condition optional")
    if _NEW_OWNER.search(sql):
        raise UnscopedStatementError("rows cannot change their tenant")
    if _SETTING.search(sql):
        raise UnscopedStatementError("the settings of a transaction cannot be changed")
    if scope.customer_id is not None:
        for (name, table), times in read.items():
            if len(re.findall(_customer_condition(name, table), sql, re.IGNORECASE)) < times:
                raise UnscopedStatementError(
                    f"`{name}` is read without the condition on the customer"
                )
        for change in _CHANGE.finditer(sql):
            rule = getattr(MODELS_OF_TENANTS[change["table"].lower()], "of_customer", None)
            if rule is not None and re.search(rf"\b{rule.column}=", change["values"]):
                raise UnscopedStatementError("rows cannot change their customer")


def _is_optional(sql: str) -> bool:
    """Whether a condition of the scope is an operand of an OR. Only literal SQL can do that."""
    levels: list[set[str]] = [set()]
    for part in _STRUCTURE.finditer(sql):
        match part.lastgroup:
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


def _customer_condition(name: str, table: str) -> str:
    """A pattern of the condition that restricts a table, by its name in the SQL, to a customer."""
    model = MODELS_OF_TENANTS[table]
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
    """Check every scoped statement of an engine."""
    checked: WeakSet[Any] = WeakSet()

    @event.listens_for(engine, "before_cursor_execute", named=True)
    def check(statement: str, context: ExecutionContext, **_: object) -> None:
        scope = context.execution_options.get(SCOPED)
        if scope is None or context.compiled in checked:
            return
        refuse_unscoped(statement, scope)
        if context.compiled is not None:
            checked.add(context.compiled)
