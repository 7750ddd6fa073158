"""What an operation does, worked out once: its fields by concrete type, merged and in order.

A plan is kept with its prepared operation and never holds a value of a variable. `@skip` and
`@include` become *guards*: numbered conditions that a request evaluates once, in one sweep. A
selection is planned for a concrete type when an object of that type is first met, so that
abstract types within one another cost what the data needs and no more. Parts of a plan do not refer
to the plan, which is passed to them: a plan that is no longer cached is freed at once, without the
garbage collector.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, cast

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLAbstractType,
    GraphQLField,
    GraphQLLeafType,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationType,
    SelectionSetNode,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
)
from strawberry.schema import Schema

from execution.documents import PreparedOperation
from execution.leaves import Leaf
from execution.resolving import Arguments, ByLevel, Path, Prefetch, Resolving, Rows, resolving
from execution.selections import (
    Conditions,
    attributes_read,
    condition_variables,
    conditions_of,
    fragments_of,
)

ALWAYS = 0
"""The number of the guard that every request meets."""


@dataclass(frozen=True, slots=True)
class Condition:
    """When a part of the document takes part: within another guard that is met, with variables as
    they must be, and with none of some others met (a fragment counts where it stands first)."""

    within: int
    conditions: Conditions
    unless: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A field as it stands in the document."""

    node: FieldNode
    guard: int
    place: int
    """Among everything that is asked of the same object."""


class FieldPlan:
    """One response key of a concrete type."""

    def __init__(
        self, plan: "OperationPlan", parent: GraphQLObjectType, occurrences: list[Occurrence]
    ) -> None:
        node = occurrences[0].node
        # The document is valid: what it names is there.
        definition = cast("GraphQLField", plan.core_schema.get_field(parent, node.name.value))
        self.key = (node.alias or node.name).value
        self.coordinate = parent.name, node.name.value
        self.parent_type = parent
        self.definition = definition
        self.occurrences = occurrences
        self.nodes = [each.node for each in occurrences]
        self.nullable, self.type = _unwrapped(definition.type)
        """`nullable`: of the field itself, of the entries of its list, of those of lists within."""
        self.depth = len(self.nullable) - 1
        """How many lists the values lie in."""
        self.leaf: Leaf | None = None
        self.abstract: GraphQLAbstractType | None = None
        if is_leaf_type(self.type):
            self.leaf = plan.leaf(self.type)
        elif is_abstract_type(self.type):
            self.abstract = self.type
        self.selection = Selection(
            [
                (each.node.selection_set, each.guard)
                for each in occurrences
                if each.node.selection_set is not None
            ]
        )
        self.resolving: Resolving = resolving(definition, self.coordinate, plan.schema)
        self.arguments = Arguments(definition, node, plan.schema)
        self._rows: Rows | None = None

    def rows(self, plan: "OperationPlan") -> Rows | None:
        """What its resolver by level is told of the rows that it loads; None if it loads none."""
        paths = self.resolving.rows if isinstance(self.resolving, ByLevel) else None
        if paths is not None and self._rows is None:
            self._rows = rows_of(plan, self, paths)
        return self._rows

    def of(self, plan: "OperationPlan", occurrences: list[Occurrence]) -> "FieldPlan":
        """The same with only some of its occurrences. What is selected below is under their
        guards already."""
        if len(occurrences) == len(self.occurrences):
            return self
        field = copy(self)
        field.occurrences = occurrences
        field.nodes = [each.node for each in occurrences]
        field.arguments = Arguments(self.definition, field.nodes[0], plan.schema)
        return field


@dataclass(slots=True)
class ObjectPlan:
    """What is asked of an object of one concrete type."""

    type: GraphQLObjectType
    fields: list[FieldPlan]
    guarded: bool
    """Whether it depends on variables which of the fields are asked for."""
    template: dict[str, None]
    """The response's keys in their order; each object's answer begins as a copy."""

    @classmethod
    def of(cls, kind: GraphQLObjectType, fields: list[FieldPlan], *, guarded: bool) -> "ObjectPlan":
        return cls(kind, fields, guarded, dict.fromkeys(field.key for field in fields))


def rows_of(plan: "OperationPlan", field: FieldPlan, paths: Sequence[Path]) -> Rows:
    """What the operation reads of the rows at some paths below a field."""
    sure = frozenset({ALWAYS, *(each.guard for each in field.occurrences)})
    leading: list[FieldPlan] = []
    for path in paths:
        found = [field]
        for name in path:
            found = [
                below
                for each in found
                for below in _surely_below(plan, each, cast("GraphQLObjectType", each.type), sure)
                if below.coordinate[1] == name
            ]
        leading += found
    kind = plan.type_at(field.type, paths[0])
    if not is_abstract_type(kind):
        return _rows_of_type(plan, cast("GraphQLObjectType", kind), leading, sure)
    return Rows(
        by_type=tuple(
            (each.name, _rows_of_type(plan, each, leading, sure))
            for each in plan.core_schema.get_possible_types(kind)
        )
    )


def _rows_of_type(
    plan: "OperationPlan",
    kind: GraphQLObjectType,
    leading: Sequence[FieldPlan],
    sure: frozenset[int],
) -> Rows:
    """What is read of the rows of a type that some fields lead to."""
    prefetches: dict[Hashable, Prefetch] = {}
    for field in leading:
        for below in _surely_below(plan, field, kind, sure):
            resolving = below.resolving
            if isinstance(resolving, ByLevel) and resolving.relation is not None:
                attributes = plan.attributes_of(below.type)
                prefetches[resolving.relation] = Prefetch(
                    below.coordinate, resolving.relation, attributes
                )
    return Rows(plan.attributes_of(kind), tuple(prefetches.values()))


def _surely_below(
    plan: "OperationPlan", field: FieldPlan, kind: GraphQLObjectType, sure: frozenset[int]
) -> Iterable[FieldPlan]:
    """The fields that are asked for under one of those guards of what a field leads to."""
    for below in field.selection.on(plan, kind).fields:
        if any(occurrence.guard in sure for occurrence in below.occurrences):
            yield below


class Selection:
    """Selection sets that are merged, as they lie below one response key."""

    def __init__(self, parts: Sequence[tuple[SelectionSetNode, int]]) -> None:
        self._parts = parts
        self._by_type: dict[str, ObjectPlan] = {}

    def on(self, plan: "OperationPlan", kind: GraphQLObjectType) -> ObjectPlan:
        """What is asked of an object of that type, whatever the variables. `plan` is the plan of
        the operation that the selection is part of."""
        found = self._by_type.get(kind.name)
        if found is None:
            found = self._by_type[kind.name] = plan.collected(kind, self._parts)
        return found


class OperationPlan:
    """The plan of one operation of a valid document."""

    def __init__(self, schema: Schema, operation: PreparedOperation) -> None:
        self.schema = schema
        self.core_schema: GraphQLSchema = schema._schema
        # Not the operation itself, or it would never be forgotten.
        self.node = operation.node
        self.serially = operation.type is OperationType.MUTATION
        self.fragments = fragments_of(operation.document)
        root = self.core_schema.get_root_type(operation.type)
        self.root_type = cast("GraphQLObjectType", root)
        self.root = Selection([(operation.node.selection_set, ALWAYS)])
        self.conditions = condition_variables(operation.node, self.fragments)
        """The variables that decide what is asked for."""
        self._guards = [Condition(ALWAYS, ())]
        self._numbers: dict[Condition, int] = {}
        self._leaves: dict[str, Leaf] = {}
        self._attributes = attributes_read(schema, operation.document)

    def type_at(self, kind: GraphQLNamedType, path: Path) -> GraphQLNamedType:
        """The type at a path of fields below a type."""
        for name in path:
            kind = get_named_type(cast("GraphQLObjectType", kind).fields[name].type)
        return kind

    def attributes_of(self, kind: GraphQLNamedType) -> frozenset[str] | None:
        """The attributes that the operation reads of objects of a type, wherever it meets them;
        None if that is not known."""
        if is_abstract_type(kind):
            return None
        return self._attributes.get(kind.name, frozenset())

    def leaf(self, kind: GraphQLLeafType) -> Leaf:
        found = self._leaves.get(kind.name)
        if found is None:
            found = self._leaves[kind.name] = Leaf(kind)
        return found

    def guard(self, within: int, conditions: Conditions, unless: tuple[int, ...] = ()) -> int:
        """The number of that guard."""
        if not conditions and not unless:
            return within
        guard = Condition(within, conditions, unless)
        number = self._numbers.get(guard)
        if number is None:
            number = self._numbers[guard] = len(self._guards)
            self._guards.append(guard)
        return number

    def meet(self, met: list[bool], variables: Mapping[str, Any]) -> None:
        """Say of each guard that `met` does not know yet whether the variables meet it."""
        for guard in self._guards[len(met) :]:
            met.append(
                (not met or met[guard.within])
                and all(variables[name] is wanted for name, wanted in guard.conditions)
                and not any(met[other] for other in guard.unless)
            )

    def collected(
        self, kind: GraphQLObjectType, parts: Iterable[tuple[SelectionSetNode, int]]
    ) -> ObjectPlan:
        """The fields that selection sets ask of a concrete type, each response key once."""
        collector = _Collector(self, kind)
        for selection_set, guard in parts:
            collector.collect(selection_set, guard)
        found = collector.found.values()
        return ObjectPlan.of(
            kind,
            [FieldPlan(self, kind, occurrences) for occurrences in found],
            guarded=any(each.guard != ALWAYS for occurrences in found for each in occurrences),
        )

    def reduced(self, plan: ObjectPlan, met: Sequence[bool]) -> ObjectPlan:
        """A guarded plan without what a request does not ask for. A response key stands where the
        first of its occurrences stands that takes part."""
        fields: list[FieldPlan] = []
        for field in plan.fields:
            occurrences = [each for each in field.occurrences if met[each.guard]]
            if occurrences:
                fields.append(field.of(self, occurrences))
        fields.sort(key=lambda field: field.occurrences[0].place)
        return ObjectPlan.of(plan.type, fields, guarded=False)


class _Collector:
    """Walks selection sets for one concrete type, as the specification's CollectFields does."""

    def __init__(self, plan: OperationPlan, kind: GraphQLObjectType) -> None:
        self._plan = plan
        self._kind = kind
        self._places = 0
        self._spread: dict[str, tuple[int, ...]] = {}
        """The guards under which each fragment was spread."""
        self.found: dict[str, list[Occurrence]] = {}

    def collect(self, selection_set: SelectionSetNode, within: int) -> None:
        for selection in selection_set.selections:
            conditions = conditions_of(selection)
            if conditions is None:
                continue
            guard = self._plan.guard(within, conditions)
            if isinstance(selection, FieldNode):
                key = (selection.alias or selection.name).value
                self.found.setdefault(key, []).append(Occurrence(selection, guard, self._places))
                self._places += 1
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                if condition is None or self._is_of(condition.name.value):
                    self.collect(selection.selection_set, guard)
            elif isinstance(selection, FragmentSpreadNode):
                self._collect_fragment(self._plan.fragments[selection.name.value], guard)

    def _collect_fragment(self, fragment: FragmentDefinitionNode, guard: int) -> None:
        if not self._is_of(fragment.type_condition.name.value):
            return
        name = fragment.name.value
        before = self._spread.get(name, ())
        if ALWAYS in before or guard in before:
            return
        self._spread[name] = (*before, guard)
        self.collect(fragment.selection_set, self._plan.guard(guard, (), before))

    def _is_of(self, name: str) -> bool:
        if name == self._kind.name:
            return True
        kind = self._plan.core_schema.get_type(name)
        return is_abstract_type(kind) and self._plan.core_schema.is_sub_type(kind, self._kind)


def _unwrapped(kind: GraphQLOutputType) -> tuple[tuple[bool, ...], GraphQLNamedType]:
    """Which of a type's layers may be null, from the outside in, and the type within them."""
    nullable: list[bool] = []
    inner: Any = kind
    while True:
        required = isinstance(inner, GraphQLNonNull)
        nullable.append(not required)
        if required:
            inner = inner.of_type
        if not is_list_type(inner):
            return tuple(nullable), inner
        inner = inner.of_type
