"""The plan of an operation: its fields by object type, merged and in order.

A plan is made once for each prepared operation and never holds values of variables. `@skip` and
`@include` become numbered conditions, which each request evaluates in one pass. Selections are
planned for an object type when the first object of that type appears, so nested abstract types cost
only what the data needs. Parts of a plan get the plan passed in and do not refer to it: without
reference cycles, a plan is freed as soon as its document leaves the cache.
"""

from collections.abc import Iterable, Mapping, Sequence
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
    is_abstract_type,
    is_leaf_type,
    is_list_type,
)
from strawberry.schema import Schema

from execution.arguments import Arguments
from execution.documents import PreparedOperation
from execution.field_resolvers import attributes_read, field_resolver
from execution.leaves import Leaf
from execution.resolving import Rows
from execution.selections import (
    VariableConditions,
    condition_variables,
    conditions_of,
    fragments_of,
)

ALWAYS = 0
"""The number of the condition that always holds."""


@dataclass(frozen=True, slots=True)
class Condition:
    """When a part of the document is executed."""

    within: int
    """The number of an enclosing condition, which must hold."""
    variables: VariableConditions
    unless: tuple[int, ...] = ()
    """Conditions that must not hold: a fragment counts only where it is spread first."""


@dataclass(frozen=True, slots=True)
class CollectedField:
    """A field node that contributes to a response key."""

    node: FieldNode
    condition: int
    position: int
    """Among all field nodes that are collected for the same object."""


class FieldPlan:
    """One response key of an object type."""

    def __init__(
        self, plan: "OperationPlan", parent: GraphQLObjectType, collected: list[CollectedField]
    ) -> None:
        node = collected[0].node
        # In a valid document the field exists.
        definition = cast("GraphQLField", plan.core_schema.get_field(parent, node.name.value))
        self.key = (node.alias or node.name).value
        self.coordinate = parent.name, node.name.value
        self.parent_type = parent
        self.definition = definition
        self.collected = collected
        self.nodes = [field.node for field in collected]
        self.nullable, self.type = _unwrap(definition.type)
        """`nullable`: first of the field itself, then of the entries of each list within."""
        self.list_depth = len(self.nullable) - 1
        """The number of list layers around the values."""
        self.leaf: Leaf | None = None
        self.abstract_type: GraphQLAbstractType | None = None
        if is_leaf_type(self.type):
            self.leaf = plan.leaf(self.type)
        elif is_abstract_type(self.type):
            self.abstract_type = self.type
        self.selection = MergedSelection(
            [
                (field.node.selection_set, field.condition)
                for field in collected
                if field.node.selection_set is not None
            ]
        )
        self.resolver = field_resolver(definition, self.coordinate, plan.schema)
        self.arguments = Arguments(definition, node, plan.schema)
        self.rows: Rows | None = None
        """Kept here by `execution.lookahead`."""

    @property
    def name(self) -> str:
        """`Type.field`, for messages."""
        return ".".join(self.coordinate)

    def only(self, plan: "OperationPlan", collected: list[CollectedField]) -> "FieldPlan":
        """The plan with some of its field nodes. The nodes below keep conditions of their own."""
        if len(collected) == len(self.collected):
            return self
        field = copy(self)
        field.collected = collected
        field.nodes = [each.node for each in collected]
        field.arguments = Arguments(self.definition, field.nodes[0], plan.schema)
        field.rows = None
        return field


@dataclass(slots=True)
class ObjectPlan:
    """The fields of one object type."""

    fields: list[FieldPlan]
    is_conditional: bool
    """Whether variables decide which of the fields are executed."""
    template: dict[str, None]
    """The response keys in order. Each response object begins as a copy."""

    @classmethod
    def of(cls, fields: list[FieldPlan], *, is_conditional: bool) -> "ObjectPlan":
        return cls(fields, is_conditional, dict.fromkeys(field.key for field in fields))


class MergedSelection:
    """The selection sets below one response key."""

    def __init__(self, parts: Sequence[tuple[SelectionSetNode, int]]) -> None:
        """Takes selection sets, each with the number of its condition."""
        self._parts = parts
        self._by_type: dict[str, ObjectPlan] = {}

    def on(self, plan: "OperationPlan", type_: GraphQLObjectType) -> ObjectPlan:
        """The fields on an object type, whatever the variables. `plan` is the operation's."""
        fields = self._by_type.get(type_.name)
        if fields is None:
            fields = self._by_type[type_.name] = plan.collect_fields(type_, self._parts)
        return fields


class OperationPlan:
    """The plan of one operation of a valid document."""

    def __init__(self, schema: Schema, operation: PreparedOperation) -> None:
        self.schema = schema
        self.core_schema: GraphQLSchema = schema._schema
        # Not the prepared operation: it is the weak key that plans are kept under.
        self.node = operation.node
        self.is_serial = operation.type is OperationType.MUTATION
        self.fragments = fragments_of(operation.document)
        root = self.core_schema.get_root_type(operation.type)
        self.root_type = cast("GraphQLObjectType", root)
        self.root = MergedSelection([(operation.node.selection_set, ALWAYS)])
        self.condition_variables = condition_variables(operation.node, self.fragments)
        self._conditions = [Condition(ALWAYS, ())]
        self._numbers: dict[Condition, int] = {}
        self._leaves: dict[str, Leaf] = {}
        self._attributes = attributes_read(schema, operation.document)

    def attributes_of(self, type_: GraphQLNamedType) -> frozenset[str] | None:
        """The attributes that the operation reads of any object of a type; None if unknown."""
        if is_abstract_type(type_):
            return None
        return self._attributes.get(type_.name, frozenset())

    def leaf(self, type_: GraphQLLeafType) -> Leaf:
        leaf = self._leaves.get(type_.name)
        if leaf is None:
            leaf = self._leaves[type_.name] = Leaf(type_)
        return leaf

    def condition(
        self, within: int, variables: VariableConditions, unless: tuple[int, ...] = ()
    ) -> int:
        """The number of a condition."""
        if not variables and not unless:
            return within
        condition = Condition(within, variables, unless)
        number = self._numbers.get(condition)
        if number is None:
            number = self._numbers[condition] = len(self._conditions)
            self._conditions.append(condition)
        return number

    def evaluate(self, holds: list[bool], variables: Mapping[str, Any]) -> None:
        """Append whether each condition holds that `holds` does not cover yet, by number."""
        for condition in self._conditions[len(holds) :]:
            holds.append(
                (not holds or holds[condition.within])
                and all(variables[name] is required for name, required in condition.variables)
                and not any(holds[number] for number in condition.unless)
            )

    def collect_fields(
        self, type_: GraphQLObjectType, parts: Iterable[tuple[SelectionSetNode, int]]
    ) -> ObjectPlan:
        """The fields that selection sets select on an object type, each response key once."""
        collector = _FieldCollector(self, type_)
        for selection_set, condition in parts:
            collector.collect(selection_set, condition)
        keys = collector.by_key.values()
        return ObjectPlan.of(
            [FieldPlan(self, type_, collected) for collected in keys],
            is_conditional=any(
                field.condition != ALWAYS for collected in keys for field in collected
            ),
        )

    def only(self, plan: ObjectPlan, holds: Sequence[bool]) -> ObjectPlan:
        """A conditional plan with the fields whose conditions hold.

        A response key stands where the first of its executed field nodes stands.
        """
        fields: list[FieldPlan] = []
        for field in plan.fields:
            collected = [each for each in field.collected if holds[each.condition]]
            if collected:
                fields.append(field.only(self, collected))
        fields.sort(key=lambda field: field.collected[0].position)
        return ObjectPlan.of(fields, is_conditional=False)


class _FieldCollector:
    """The specification's CollectFields for one object type, with conditions kept open."""

    def __init__(self, plan: OperationPlan, type_: GraphQLObjectType) -> None:
        self._plan = plan
        self._type = type_
        self._position = 0
        self._spread_under: dict[str, tuple[int, ...]] = {}
        """The conditions under which each fragment has been spread."""
        self.by_key: dict[str, list[CollectedField]] = {}

    def collect(self, selection_set: SelectionSetNode, within: int) -> None:
        for selection in selection_set.selections:
            variables = conditions_of(selection)
            if variables is None:
                continue
            condition = self._plan.condition(within, variables)
            if isinstance(selection, FieldNode):
                key = (selection.alias or selection.name).value
                field = CollectedField(selection, condition, self._position)
                self.by_key.setdefault(key, []).append(field)
                self._position += 1
            elif isinstance(selection, InlineFragmentNode):
                type_condition = selection.type_condition
                if type_condition is None or self._applies(type_condition.name.value):
                    self.collect(selection.selection_set, condition)
            elif isinstance(selection, FragmentSpreadNode):
                self._collect_fragment(self._plan.fragments[selection.name.value], condition)

    def _collect_fragment(self, fragment: FragmentDefinitionNode, condition: int) -> None:
        if not self._applies(fragment.type_condition.name.value):
            return
        name = fragment.name.value
        before = self._spread_under.get(name, ())
        if ALWAYS in before or condition in before:
            return
        self._spread_under[name] = (*before, condition)
        self.collect(fragment.selection_set, self._plan.condition(condition, (), before))

    def _applies(self, type_condition: str) -> bool:
        if type_condition == self._type.name:
            return True
        type_ = self._plan.core_schema.get_type(type_condition)
        return is_abstract_type(type_) and self._plan.core_schema.is_sub_type(type_, self._type)


def _unwrap(type_: GraphQLOutputType) -> tuple[tuple[bool, ...], GraphQLNamedType]:
    """Which layers of a type are nullable, from the outside in, and the named type within."""
    nullable: list[bool] = []
    inner: Any = type_
    while True:
        is_required = isinstance(inner, GraphQLNonNull)
        nullable.append(not is_required)
        if is_required:
            inner = inner.of_type
        if not is_list_type(inner):
            return tuple(nullable), inner
        inner = inner.of_type
