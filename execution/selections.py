"""Questions about a document's syntax tree: its fragments, selections, conditions and fields."""

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
    OperationDefinitionNode,
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

VariableConditions = tuple[tuple[str, bool], ...]
"""Names of variables, each with the value that it must have."""


def fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    """The document's fragments by name."""
    return {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }


def selections_of(
    operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> Iterable[SelectionNode]:
    """Every selection of an operation, those of each fragment once."""
    seen: set[str] = set()
    stack: list[SelectionSetNode] = [operation.selection_set]
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


def conditions_of(selection: SelectionNode) -> VariableConditions | None:
    """What `@skip` and `@include` require of variables; None if they always exclude it."""
    conditions: list[tuple[str, bool]] = []
    for directive in selection.directives or ():
        name = directive.name.value
        if name not in {"skip", "include"}:
            continue
        [argument] = directive.arguments or ()
        required = name == "include"
        if isinstance(argument.value, VariableNode):
            conditions.append((argument.value.name.value, required))
        elif cast("BooleanValueNode", argument.value).value is not required:
            return None
    return tuple(conditions)


def condition_variables(
    operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> frozenset[str]:
    """The names of the variables that `@skip` and `@include` depend on."""
    return frozenset(
        name
        for selection in selections_of(operation, fragments)
        for name, _ in conditions_of(selection) or ()
    )


def object_fields(
    schema: GraphQLSchema, document: DocumentNode
) -> Iterable[tuple[GraphQLObjectType, str]]:
    """Every field of a document, for every object type that it may be resolved on."""
    types = TypeInfo(schema)
    visitor = _ObjectFields(schema, types)
    visit(document, TypeInfoVisitor(types, visitor))
    return visitor.fields


class _ObjectFields(Visitor):
    def __init__(self, schema: GraphQLSchema, types: TypeInfo) -> None:
        super().__init__()
        self._schema = schema
        self._types = types
        # A dictionary as an ordered set.
        self.fields: dict[tuple[GraphQLObjectType, str], None] = {}

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        parent = self._types.get_parent_type()
        types = self._schema.get_possible_types(parent) if is_abstract_type(parent) else [parent]
        for type_ in types:
            if is_object_type(type_):
                self.fields[type_, node.name.value] = None
