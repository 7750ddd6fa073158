"""How large a document may be. Every measurement is linear in it.

The usual limiters walk a fragment again for every spread, so a few hundred bytes of nested
fragments cost exponential time. Here each definition is walked once; what a fragment adds up to is
then computed once, in the order of their dependence.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
)

from execution.errors import LimitExceededError

COUNT_CEILING = 1_000_000
"""Where expanded counts stop: nested fragments could otherwise double them at every step."""

_INTROSPECTION_FIELDS = frozenset({"__schema", "__type"})

# How many objects a field of introspection usually leads to, in a schema of some size. Lists in
# lists are what makes introspection dear: every type's fields' types' fields are thousands.
_INTROSPECTION_FACTORS = {
    "types": 50.0,
    "fields": 15.0,
    "inputFields": 5.0,
    "enumValues": 5.0,
    "possibleTypes": 5.0,
    "interfaces": 2.0,
    "args": 2.0,
    "ofType": 0.5,
}

_INTROSPECTION_LISTS = frozenset({"types", "fields", "inputFields", "possibleTypes", "interfaces"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of one document. Counts are of an operation with its fragments spread."""

    tokens: int = 1_000
    """Tokens in a document, and as many comments. Checked while parsing, so before validation,
    parts of which are quadratic."""
    depth: int = 12
    """Fields within fields, leaves included; introspection is measured on its own."""
    introspection_cost: int = 50_000
    """Estimate of the fields that ``__schema`` and ``__type`` resolve; the usual tools' query, with
    all its options, is estimated at some 34,000."""
    introspection_lists: int = 2
    """Lists of types or fields within each other, below ``__schema`` or ``__type``. A third one
    yields every field of every field's type of every type, which no tool asks for."""
    fields: int = 1_000
    """Fields in total."""
    errors: int = 50
    """Errors that a response reports."""
    root_fields: int = 20
    """Fields at the top of an operation."""
    mutation_fields: int = 5
    """Fields at the top of a mutation. Each is a transaction of its own."""
    repeats: int = 20
    """Fields with one name or alias in a selection: validation compares each with each other."""
    aliases: int = 50
    """Aliased fields in total."""
    directives: int = 50
    """Directives in total."""
    validation_errors: int = 20
    """Validation errors reported before validation stops."""
    variable_errors: int = 20
    """Variable coercion errors reported before coercion stops."""
    cached_documents: int = 1_000
    """Prepared documents kept in memory."""
    cached_bytes: int = 64 * 1024 * 1024
    """Estimated memory of the prepared documents kept, in bytes."""


@dataclass(slots=True)
class Size:
    """What a definition amounts to with all its fragments spread."""

    depth: int = 0
    introspection_cost: float = 0
    introspection_lists: int = 0
    fields: int = 0
    root_fields: int = 0
    repeats: int = 0
    aliases: int = 0
    directives: int = 0


@dataclass(slots=True)
class _Spread:
    name: str
    depth: int
    in_introspection: bool
    factor: float
    lists: int


@dataclass(slots=True)
class _Walked:
    """One definition by itself: its own size, and where it spreads fragments."""

    own: Size
    cost: float = 0
    """What its fields cost where it is spread within introspection."""
    lists: int = 0
    """How many lists of introspection it has within each other there."""
    spreads: list[_Spread] = field(default_factory=list)


@dataclass(slots=True)
class Measurement:
    """The size of every operation of a document."""

    operations: list[tuple[OperationDefinitionNode, Size]]
    fragments: list[str]
    """The fragments' names, each after those it spreads."""
    steps: int
    """Selections and spreads visited, the measure of the work done."""


def exceeded(measurement: Measurement, limits: Limits) -> list[LimitExceededError]:
    """The limits that some operation of a measured document exceeds; empty if it may be
    validated."""
    errors: list[LimitExceededError] = []
    for operation, size in measurement.operations:
        for limit, what, actual, maximum in (
            ("depth", "levels of fields", size.depth, limits.depth),
            (
                "introspectionCost",
                "introspection fields by estimate",
                int(size.introspection_cost),
                limits.introspection_cost,
            ),
            (
                "introspectionLists",
                "nested lists of introspection",
                size.introspection_lists,
                limits.introspection_lists,
            ),
            ("fields", "fields", size.fields, limits.fields),
            ("rootFields", "root fields", size.root_fields, limits.root_fields),
            (
                "mutationFields",
                "mutation fields",
                size.root_fields if operation.operation is OperationType.MUTATION else 0,
                limits.mutation_fields,
            ),
            ("repeats", "fields of one name in a selection", size.repeats, limits.repeats),
            ("aliases", "aliases", size.aliases, limits.aliases),
            ("directives", "directives", size.directives, limits.directives),
        ):
            if actual > maximum:
                errors.append(
                    LimitExceededError(
                        limit,
                        message=f"The operation has {actual} {what}, at most {maximum} are allowed",
                        actual=actual,
                        maximum=maximum,
                        nodes=operation,
                    )
                )
    return errors


def measure(document: DocumentNode) -> Measurement:
    """Measure every operation, each definition being walked once."""
    steps = 0
    fragments: dict[str, _Walked] = {}
    operations: list[tuple[OperationDefinitionNode, _Walked]] = []
    for definition in document.definitions:
        if isinstance(definition, FragmentDefinitionNode | OperationDefinitionNode):
            walked, visited = _walk(definition)
            steps += visited
            if isinstance(definition, FragmentDefinitionNode):
                fragments[definition.name.value] = walked
            else:
                operations.append((definition, walked))

    totals: dict[str, Size] = {}
    for name in _dependencies_first(fragments):
        totals[name] = _total(fragments[name], totals, fragments)
        steps += len(fragments[name].spreads)
    return Measurement(
        operations=[
            (operation, _total(walked, totals, fragments)) for operation, walked in operations
        ],
        fragments=list(totals),
        steps=steps,
    )


def _walk(definition: FragmentDefinitionNode | OperationDefinitionNode) -> tuple[_Walked, int]:
    """Walk one definition without following its spreads, and without recursion."""
    steps = 0
    size = Size(directives=len(definition.directives or ()))
    for variable in definition.variable_definitions or ():
        size.directives += len(variable.directives or ())
    walked = _Walked(size)
    stack: list[tuple[SelectionSetNode, Counter[str], int, bool, float, int]] = [
        (definition.selection_set, Counter(), 0, False, 1.0, 0)
    ]
    while stack:
        selection_set, keys, depth, in_introspection, factor, lists = stack.pop()
        for selection in selection_set.selections:
            steps += 1
            size.directives += len(selection.directives or ())
            if isinstance(selection, FragmentSpreadNode):
                walked.spreads.append(
                    _Spread(selection.name.value, depth, in_introspection, factor, lists)
                )
                continue
            inner = depth, in_introspection, factor, lists
            if isinstance(selection, FieldNode):
                name = selection.name.value
                key = selection.alias.value if selection.alias else name
                keys[key] += 1
                size.repeats = max(size.repeats, keys[key])
                size.fields += 1
                size.root_fields += depth == 0
                size.aliases += selection.alias is not None
                walked.cost += factor
                inner_factor = factor * _INTROSPECTION_FACTORS.get(name, 1.0)
                inner_lists = lists + (name in _INTROSPECTION_LISTS)
                walked.lists = max(walked.lists, inner_lists)
                if in_introspection:
                    size.introspection_cost += factor
                    size.introspection_lists = max(size.introspection_lists, inner_lists)
                    inner = depth + 1, True, inner_factor, inner_lists
                elif name in _INTROSPECTION_FIELDS:
                    size.introspection_cost += 1
                    inner = depth + 1, True, 1.0, 0
                else:
                    size.depth = max(size.depth, depth + 1)
                    inner = depth + 1, False, inner_factor, inner_lists
            nested: SelectionSetNode | None = getattr(selection, "selection_set", None)
            if nested is not None:
                # An inline fragment is a part of the selection around it.
                within = Counter() if isinstance(selection, FieldNode) else keys
                stack.append((nested, within, *inner))
    return walked, steps


def _dependencies_first(fragments: dict[str, _Walked]) -> Iterator[str]:
    """The fragments' names, each after those it spreads; a spread that closes a cycle is ignored.

    Validation refuses cycles afterwards; here they must only not be followed.
    """
    seen: set[str] = set()
    for root, walked in fragments.items():
        if root in seen:
            continue
        seen.add(root)
        path = [(root, iter(walked.spreads))]
        while path:
            name, spreads = path[-1]
            for spread in spreads:
                if spread.name in fragments and spread.name not in seen:
                    seen.add(spread.name)
                    path.append((spread.name, iter(fragments[spread.name].spreads)))
                    break
            else:
                path.pop()
                yield name


def _total(walked: _Walked, totals: dict[str, Size], fragments: dict[str, _Walked]) -> Size:
    """A definition's size, with what its fragments add up to; so is its cost in introspection."""
    total = replace(walked.own)
    for spread in walked.spreads:
        if spread.name not in totals:
            continue  # unknown, or it closes a cycle: validation says so
        added, fragment = totals[spread.name], fragments[spread.name]
        cost, lists = spread.factor * fragment.cost, spread.lists + fragment.lists
        walked.cost = _add(walked.cost, cost)
        walked.lists = max(walked.lists, lists)
        if not spread.in_introspection:
            cost, lists = added.introspection_cost, added.introspection_lists
            total.depth = max(total.depth, spread.depth + added.depth)
        if spread.depth == 0:
            total.root_fields = int(_add(total.root_fields, added.root_fields))
        total.introspection_cost = _add(total.introspection_cost, cost)
        total.introspection_lists = max(total.introspection_lists, lists)
        total.repeats = max(total.repeats, added.repeats)
        total.fields = int(_add(total.fields, added.fields))
        total.aliases = int(_add(total.aliases, added.aliases))
        total.directives = int(_add(total.directives, added.directives))
    return total


def _add(count: float, more: float) -> float:
    return min(count + more, COUNT_CEILING)
