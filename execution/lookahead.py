"""Look-ahead: what an operation reads of the rows that a field's resolver loads."""

from collections.abc import Hashable, Iterable, Sequence
from typing import cast

from graphql import GraphQLObjectType, get_named_type, is_abstract_type

from execution.plan import ALWAYS, FieldPlan, OperationPlan
from execution.resolving import LevelResolver, Path, Prefetch, Rows


def rows_of(plan: OperationPlan, field: FieldPlan) -> Rows | None:
    """What the operation reads of the rows that a field loads; None if it loads none."""
    resolver = field.resolver
    if field.rows is None and isinstance(resolver, LevelResolver) and resolver.rows is not None:
        field.rows = _rows_at(plan, field, resolver.rows)
    return field.rows


def _rows_at(plan: OperationPlan, field: FieldPlan, paths: Sequence[Path]) -> Rows:
    """What the operation reads of the rows at some paths below a field."""
    certain = frozenset({ALWAYS, *(each.condition for each in field.collected)})
    leading: list[FieldPlan] = []
    for path in paths:
        fields = [field]
        for name in path:
            fields = [
                below
                for above in fields
                for below in _certain_fields(
                    plan, above, cast("GraphQLObjectType", above.type), certain
                )
                if below.coordinate[1] == name
            ]
        leading += fields
    type_ = field.type
    for name in paths[0]:
        type_ = get_named_type(cast("GraphQLObjectType", type_).fields[name].type)
    if not is_abstract_type(type_):
        return _rows_of_type(plan, cast("GraphQLObjectType", type_), leading, certain)
    return Rows(
        by_type=tuple(
            (possible.name, _rows_of_type(plan, possible, leading, certain))
            for possible in plan.core_schema.get_possible_types(type_)
        )
    )


def _rows_of_type(
    plan: OperationPlan,
    type_: GraphQLObjectType,
    leading: Sequence[FieldPlan],
    certain: frozenset[int],
) -> Rows:
    """What is read of the rows of a type that some fields lead to."""
    prefetches: dict[Hashable, Prefetch] = {}
    for field in leading:
        for below in _certain_fields(plan, field, type_, certain):
            resolver = below.resolver
            if isinstance(resolver, LevelResolver) and resolver.relation is not None:
                attributes = plan.attributes_of(below.type)
                prefetches[resolver.relation] = Prefetch(
                    below.coordinate, resolver.relation, attributes
                )
    return Rows(plan.attributes_of(type_), tuple(prefetches.values()))


def _certain_fields(
    plan: OperationPlan, field: FieldPlan, type_: GraphQLObjectType, certain: frozenset[int]
) -> Iterable[FieldPlan]:
    """The fields below a field that are executed if one of the conditions holds."""
    for below in field.selection.on(plan, type_).fields:
        if any(collected.condition in certain for collected in below.collected):
            yield below
