"""What a new version of the schema changes for clients."""

from graphql import GraphQLError, build_schema
from graphql.utilities import BreakingChange, DangerousChange, SchemaChange, find_schema_changes


def describe_changes(before: str | None, after: str) -> list[str]:
    """Return the changes from one SDL to another, breaking changes first."""
    if before is None:
        return []
    try:
        old = build_schema(before)
    except GraphQLError:
        return ["The file is not a valid schema."]
    changes = find_schema_changes(old, build_schema(after))
    return [f"{_effect(change)}: {change.description}" for change in sorted(changes, key=_rank)]


def _rank(change: SchemaChange) -> tuple[int, str]:
    ranks = {BreakingChange: 0, DangerousChange: 1}
    return ranks.get(type(change), 2), change.description


def _effect(change: SchemaChange) -> str:
    if isinstance(change, BreakingChange):
        return "BREAKS CLIENTS"
    return "may surprise clients" if isinstance(change, DangerousChange) else "safe"
