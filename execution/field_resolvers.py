"""How the values of a field are found: the cheapest way that its declaration allows.

- `__typename` is known;
- a bare attribute is read of each parent;
- a resolver made by `by_level` is called once for all parents;
- a plain function of the parent and of arguments is called for each parent, without an `info`;
- any other resolver is called for each parent, as graphql-core calls it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from inspect import Parameter
from operator import attrgetter
from typing import Any, ClassVar

from graphql import DocumentNode, GraphQLField, default_field_resolver
from strawberry.schema import Schema
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver

from execution.resolving import LevelResolver, declared_level, declared_reads
from execution.selections import object_fields


@dataclass(frozen=True, slots=True)
class TypenameResolver:
    type_name: str
    reads: ClassVar[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class AttributeResolver:
    name: str
    read: Callable[[Any], Any]

    @property
    def reads(self) -> frozenset[str]:
        return frozenset((self.name,))


@dataclass(frozen=True, slots=True)
class ParentResolver:
    function: Callable[..., Any]
    """Takes the parent by position, and arguments by keyword."""
    reads: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class InfoResolver:
    function: Callable[..., Any]
    """Takes parent and `info` by position, and arguments as graphql-core coerces them."""
    reads: ClassVar[frozenset[str] | None] = None


FieldResolver = TypenameResolver | AttributeResolver | LevelResolver | ParentResolver | InfoResolver
"""`reads` of each: the attributes that it reads of the parents; None if unknown."""


def field_resolver(
    definition: GraphQLField, coordinate: tuple[str, str], schema: Schema
) -> FieldResolver:
    """The cheapest resolver of a field."""
    type_name, name = coordinate
    if name == "__typename":
        return TypenameResolver(type_name)
    field = strawberry_field(definition)
    resolver: FieldResolver | None = None
    if (
        field is not None
        and not field.extensions
        and not schema.exception_handlers
        and type(field).get_result is StrawberryField.get_result
    ):
        resolver = _of_attribute(field) if field.base_resolver is None else _of_function(field)
    return resolver or InfoResolver(definition.resolve or default_field_resolver)


def attributes_read(schema: Schema, document: DocumentNode) -> dict[str, frozenset[str] | None]:
    """The attributes that a document's fields read of objects, by the names of object types; None
    if unknown."""
    read: dict[str, frozenset[str] | None] = {}
    for parent, name in object_fields(schema._schema, document):
        definition = schema._schema.get_field(parent, name)
        if definition is not None:
            before = read.get(parent.name, frozenset())
            more = field_resolver(definition, (parent.name, name), schema).reads
            read[parent.name] = None if before is None or more is None else before | more
    return read


def strawberry_field(definition: GraphQLField) -> StrawberryField | None:
    """The Strawberry field that a field of the schema was made from."""
    field = (definition.extensions or {}).get("strawberry-definition")
    return field if isinstance(field, StrawberryField) else None


def _of_attribute(field: StrawberryField) -> AttributeResolver | None:
    if field.default_resolver is getattr:
        return AttributeResolver(field.python_name, attrgetter(field.python_name))
    return None


def _of_function(field: StrawberryField) -> LevelResolver | ParentResolver | None:
    resolver = field.base_resolver
    if resolver is None:
        return None
    function: Any = resolver.wrapped_func
    level = declared_level(function)
    if level is not None:
        return level
    if _takes_parent_first(resolver):
        return ParentResolver(function, declared_reads(function))
    return None


def _takes_parent_first(resolver: StrawberryResolver[Any]) -> bool:
    """Whether the resolver is a plain function of the parent and of arguments."""
    if resolver.info_parameter is not None:
        return False
    if isinstance(resolver.wrapped_func, staticmethod | classmethod):
        return False
    parent = resolver.self_parameter or resolver.parent_parameter or resolver.root_parameter
    first = next(iter(resolver.signature.parameters.values()), None)
    return (
        parent is not None
        and first is not None
        and first.name == parent.name
        and first.kind is not Parameter.KEYWORD_ONLY
    )
