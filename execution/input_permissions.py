"""The scopes that inputs of a document need: its arguments, fields of input objects, enum values.

What literals need is known from the document. Of variables, it is known where they stand and what
they may need at most; what they do need depends on their values.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    EnumValueNode,
    FieldNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLSchema,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    TypeInfo,
    TypeInfoVisitor,
    ValueNode,
    VariableNode,
    Visitor,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    visit,
)

Coordinate = tuple[str, ...]
"""Names: of a type and its field, of an input type and its field, or of an enum and its value; of a
type, its field and an argument."""

Needs = Mapping[Coordinate, frozenset[str]]
"""The scopes that fields and inputs need. Those that need none are left out."""

NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class VariableUse:
    """A place in a document where a variable stands."""

    name: str
    type: GraphQLInputType
    """Of the place."""
    scopes: frozenset[str]
    """What the place needs unless the variable is null."""


@dataclass(frozen=True, slots=True)
class FieldInputs:
    """What the arguments of a field of a document need."""

    node: FieldNode
    literals: frozenset[str]
    variables: Sequence[VariableUse]


class InputScopes:
    """The scopes that inputs of a schema need."""

    def __init__(self, schema: GraphQLSchema, needs: Needs) -> None:
        self._schema = schema
        self._needs = needs
        self._most: dict[str, frozenset[str]] = {}

    def of_document(self, document: DocumentNode) -> tuple[FieldInputs, ...]:
        """All fields whose arguments need a scope, or may need one by the value of a variable."""
        types = TypeInfo(self._schema)
        visitor = _ArgumentsVisitor(self._schema, self, types)
        visit(document, TypeInfoVisitor(types, visitor))
        return tuple(visitor.found)

    def of_value(self, type_: GraphQLInputType, value: Any) -> frozenset[str]:
        """What the value of a variable needs, as it stands in the request."""
        if value is None:
            return NONE
        inner: Any = get_nullable_type(type_)
        if isinstance(inner, GraphQLList):
            entries = value if isinstance(value, list) else [value]
            return NONE.union(*(self.of_value(inner.of_type, entry) for entry in entries))
        if isinstance(inner, GraphQLInputObjectType) and isinstance(value, dict):
            return NONE.union(
                *(
                    self._of((inner.name, name)) | self.of_value(inner.fields[name].type, entry)
                    for name, entry in value.items()
                    if name in inner.fields and entry is not None
                )
            )
        if isinstance(inner, GraphQLEnumType) and isinstance(value, str):
            return self._of((inner.name, value))
        return NONE

    def of_literal(
        self, type_: GraphQLInputType, node: ValueNode, here: frozenset[str]
    ) -> frozenset[str]:
        """What a literal without variables needs, such as the default of a variable."""
        parts = self.within(type_, node, here)
        return NONE.union(*(part for part in parts if not isinstance(part, VariableUse)))

    def within(
        self, type_: GraphQLInputType, node: ValueNode, here: frozenset[str] = NONE
    ) -> Iterator[frozenset[str] | VariableUse]:
        """What the parts of a literal need, and the variables in it. `here` is what its place needs
        unless it is null."""
        if isinstance(node, NullValueNode):
            return
        if isinstance(node, VariableNode):
            if here or self.most(get_named_type(type_)):
                yield VariableUse(node.name.value, type_, here)
            return
        yield here
        inner: Any = get_nullable_type(type_)
        if isinstance(inner, GraphQLList):
            for entry in node.values if isinstance(node, ListValueNode) else [node]:
                yield from self.within(inner.of_type, entry)
        elif isinstance(inner, GraphQLInputObjectType) and isinstance(node, ObjectValueNode):
            for field in node.fields:
                name = field.name.value
                scopes = self._of((inner.name, name))
                yield from self.within(inner.fields[name].type, field.value, scopes)
        elif isinstance(inner, GraphQLEnumType) and isinstance(node, EnumValueNode):
            yield self._of((inner.name, node.value))

    def most(self, type_: GraphQLNamedType) -> frozenset[str]:
        """All that values of the type may need."""
        known = self._most.get(type_.name)
        if known is None:
            # Input types may refer to each other, so all below are collected at once.
            known, seen, ahead = NONE, {type_.name}, [type_]
            while ahead:
                for scopes, further in self._parts(ahead.pop()):
                    known |= scopes
                    if further is not None and further.name not in seen:
                        seen.add(further.name)
                        ahead.append(further)
            self._most[type_.name] = known
        return known

    def of_argument(
        self, types: Sequence[GraphQLNamedType], field: str, name: str
    ) -> frozenset[str]:
        return NONE.union(*(self._of((type_.name, field, name)) for type_ in types))

    def _parts(
        self, type_: GraphQLNamedType
    ) -> Iterator[tuple[frozenset[str], GraphQLNamedType | None]]:
        if isinstance(type_, GraphQLInputObjectType):
            for name, field in type_.fields.items():
                yield self._of((type_.name, name)), get_named_type(field.type)
        elif isinstance(type_, GraphQLEnumType):
            for name in type_.values:
                yield self._of((type_.name, name)), None

    def _of(self, coordinate: Coordinate) -> frozenset[str]:
        return self._needs.get(coordinate, NONE)


class _ArgumentsVisitor(Visitor):
    def __init__(self, schema: GraphQLSchema, scopes: InputScopes, types: TypeInfo) -> None:
        super().__init__()
        self._schema = schema
        self._scopes = scopes
        self._types = types
        self.found: list[FieldInputs] = []

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        parent, definition = self._types.get_parent_type(), self._types.get_field_def()
        if not node.arguments or parent is None or definition is None:
            return
        owners = [parent]
        if is_abstract_type(parent):
            owners += self._schema.get_possible_types(parent)
        literals = NONE
        variables: list[VariableUse] = []
        for argument in node.arguments:
            name = argument.name.value
            here = self._scopes.of_argument(owners, node.name.value, name)
            for part in self._scopes.within(definition.args[name].type, argument.value, here):
                if isinstance(part, VariableUse):
                    variables.append(part)
                else:
                    literals |= part
        if literals or variables:
            self.found.append(FieldInputs(node, literals, variables))
