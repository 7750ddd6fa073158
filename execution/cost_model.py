"""The costs that a schema states: the directives `@cost` and `@listSize`, and their reading.

https://ibm.github.io/graphql-specs/cost-spec.html
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import strawberry
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationType,
    Undefined,
    get_named_type,
    is_composite_type,
    is_list_type,
)
from strawberry.schema_directive import Location

D = TypeVar("D")

DEFAULT_LIST_SIZE = 10
"""The assumed size of a list for which the schema states none."""


@strawberry.schema_directive(
    name="cost",
    locations=[Location.FIELD_DEFINITION, Location.OBJECT, Location.INTERFACE],
    description="The cost, in points, of an object of this type, or of selecting this field. By "
    "default an object costs 1 and a field costs 0.",
)
class Cost:
    weight: str


@strawberry.schema_directive(
    name="listSize",
    locations=[Location.FIELD_DEFINITION],
    description="The size of a list that the cost of an operation is computed with: the largest of "
    "its `slicingArguments`, where an argument that is a list counts by its length, or "
    "`assumedSize` if none of them is set. With `sizedFields`, the size applies to these lists "
    "of the object that the field returns.",
)
class ListSize:
    assumed_size: int | None = strawberry.UNSET
    slicing_arguments: list[str] | None = strawberry.UNSET
    sized_fields: list[str] | None = strawberry.UNSET
    require_one_slicing_argument: bool = True


@dataclass(frozen=True, slots=True)
class Sizing:
    """The size of a list: by its slicing arguments, or as assumed."""

    assumed: int
    arguments: Mapping[str, Any]
    """The default values of the slicing arguments by name."""
    fields: frozenset[str]
    """The lists of the field's object that have the size; empty if the field is the list."""


@dataclass(frozen=True, slots=True)
class FieldCost:
    """The cost of one field of the schema, without the fields selected below it."""

    weight: float
    """Counted once for each parent."""
    type_name: str
    type_weight: float
    """Counted once for each object that the field returns."""
    is_list: bool
    sizing: Sizing | None


@dataclass(frozen=True, slots=True)
class Root:
    """A root type."""

    type_name: str
    type_weight: float


class CostModel:
    """The costs of a Strawberry schema's fields."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._types: dict[str, dict[str, FieldCost]] = {}
        for name, type_ in schema.type_map.items():
            if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType) and name[:2] != "__":
                self._types[name] = {
                    field_name: _field_cost(field) for field_name, field in type_.fields.items()
                }
        self.roots = {
            operation.value: Root(root.name, _type_weight(root))
            for operation in OperationType
            if (root := schema.get_root_type(operation)) is not None
        }
        """By the name of the operation type, such as `query`."""

    def field(self, type_name: str, field_name: str) -> FieldCost | None:
        """The cost of a field; None for introspection, which has limits of its own."""
        fields = self._types.get(type_name)
        return None if fields is None else fields.get(field_name)


def directives_of(definition: Any) -> Iterable[object]:
    """The Strawberry directives on a type or field of a graphql-core schema."""
    strawberry_definition = (definition.extensions or {}).get("strawberry-definition")
    directives: Iterable[object] = getattr(strawberry_definition, "directives", None) or ()
    return directives


def _field_cost(field: GraphQLField) -> FieldCost:
    type_ = get_named_type(field.type)
    return FieldCost(
        weight=_weight(field, 0),
        type_name=type_.name,
        type_weight=_type_weight(type_),
        is_list=_is_list(field.type),
        sizing=_sizing(field),
    )


def _sizing(field: GraphQLField) -> Sizing | None:
    stated = _directive(ListSize, field)
    if stated is None:
        return None
    arguments = {}
    for name in stated.slicing_arguments or ():
        default = field.args[name].default_value
        arguments[name] = None if default is Undefined else default
    return Sizing(
        assumed=stated.assumed_size or DEFAULT_LIST_SIZE,
        arguments=arguments,
        fields=frozenset(stated.sized_fields or ()),
    )


def _type_weight(type_: GraphQLNamedType) -> float:
    return _weight(type_, 1) if is_composite_type(type_) else 0


def _weight(definition: Any, default: float) -> float:
    stated = _directive(Cost, definition)
    return default if stated is None else float(stated.weight)


def _is_list(type_: GraphQLOutputType) -> bool:
    return is_list_type(type_.of_type if isinstance(type_, GraphQLNonNull) else type_)


def _directive(class_: type[D], definition: Any) -> D | None:
    directives = directives_of(definition)
    return next((each for each in directives if isinstance(each, class_)), None)
