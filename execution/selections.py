"""What stands in a document: its fragments, selections, conditions, and what its fields read."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from graphql import (
    BooleanValueNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    SelectionNode,
    SelectionSetNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableNode,
    Visitor,
    is_abstract_type,
    is_object_type,
    visit,
)
from strawberry.schema import Schema

from execution.resolving import resolving

Conditions = tuple[tuple[str, bool], ...]
"""Variables and what each must be."""


def attributes_read(schema: Schema, document: DocumentNode) -> dict[str, frozenset[str] | None]:
    """By the names of concrete types: what a document's fields read of their objects."""
    types = TypeInfo(schema._schema)
    visitor = _Coordinates(schema._schema, types)
    visit(document, TypeInfoVisitor(types, visitor))
    read: dict[str, frozenset[str] | None] = {}
    for kind, name in visitor.found:
        definition = schema._schema.get_field(kind, name)
        if definition is not None:
            before = read.get(kind.name, frozenset())
            more = resolving(definition, (kind.name, name), schema).reads
            read[kind.name] = None if before is None or more is None else before | more
    return read


class _Coordinates(Visitor):
    """Finds every field of a document, of every type that it may be a field of."""

    def __init__(self, schema: GraphQLSchema, types: TypeInfo) -> None:
        super().__init__()
        self._schema = schema
        self._types = types
        self.found: dict[tuple[GraphQLObjectType, str], None] = {}

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        parent = self._types.get_parent_type()
        kinds = self._schema.get_possible_types(parent) if is_abstract_type(parent) else [parent]
        for kind in kinds:
            if is_object_type(kind):
                self.found[kind, node.name.value] = None


def fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    return {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }


def selections_of(
    node: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> Iterable[SelectionNode]:
    """Every selection below a selection set, those of each fragment once."""
    seen: set[str] = set()
    stack = [node]
    while stack:
        for selection in stack.pop().selections:
            yield selection
            if isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                if name not in seen:
                    seen.add(name)
                    stack.append(fragments[name].selection_set)
            else:
                below: SelectionSetNode | None = getattr(selection, "selection_set", None)
                if below is not None:
                    stack.append(below)


def condition_variables(
    node: Any, fragments: Mapping[str, FragmentDefinitionNode]
) -> frozenset[str]:
    return frozenset(
        name
        for selection in selections_of(node.selection_set, fragments)
        for name, _ in conditions_of(selection) or ()
    )


def conditions_of(selection: SelectionNode) -> Conditions | None:
    """What `@skip` and `@include` demand of variables; None if they exclude the selection."""
    conditions: list[tuple[str, bool]] = []
    for directive in selection.directives or ():
        name = directive.name.value
        if name not in {"skip", "include"}:
            continue
        [argument] = directive.arguments or ()
        wanted = name == "include"
        if isinstance(argument.value, VariableNode):
            conditions.append((argument.value.name.value, wanted))
        elif cast("BooleanValueNode", argument.value).value is not wanted:
            return None
    return tuple(conditions)
