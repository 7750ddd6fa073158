"""What a schema says of costs: the directives ``@cost`` and ``@listSize``, and how they are read.

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

UNSTATED_LIST = 10
"""How long a list is taken to be for which the schema states no size."""


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
    """How long a list is: by its arguments, each with its default, or as assumed."""

    assumed: int
    arguments: Mapping[str, Any]
    fields: frozenset[str]
    """The lists of the field's object that have the size; empty where the field is the list."""


@dataclass(frozen=True, slots=True)
class FieldCost:
    """What one field of the schema costs, apart from what is selected below it."""

    weight: float
    """Of asking for it, once for each parent."""
    type_name: str
    type_weight: float
    """Of each object that it leads to."""
    is_list: bool
    sizing: Sizing | None


@dataclass(frozen=True, slots=True)
class Root:
    """Where operations start."""

    type_name: str
    type_weight: float


class CostModel:
    """The costs of a Strawberry schema's fields."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._types: dict[str, dict[str, FieldCost]] = {}
        for name, kind in schema.type_map.items():
            if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) and name[:2] != "__":
                self._types[name] = {
                    field_name: _field_cost(field) for field_name, field in kind.fields.items()
                }
        self.roots = {
            operation.value: Root(root.name, _type_weight(root))
            for operation in OperationType
            if (root := schema.get_root_type(operation)) is not None
        }
        """By the type of an operation."""

    def field(self, type_name: str, field_name: str) -> FieldCost | None:
        """None for introspection, which is limited by itself."""
        fields = self._types.get(type_name)
        return None if fields is None else fields.get(field_name)


def directives_of(definition: Any) -> Iterable[object]:
    """The directives that stand on a type or field of graphql-core's that Strawberry made."""
    strawberry_definition = (definition.extensions or {}).get("strawberry-definition")
    directives: Iterable[object] = getattr(strawberry_definition, "directives", None) or ()
    return directives


def _field_cost(field: GraphQLField) -> FieldCost:
    kind = get_named_type(field.type)
    return FieldCost(
        weight=_weight(field, 0),
        type_name=kind.name,
        type_weight=_type_weight(kind),
        is_list=_is_list(field.type),
        sizing=_sizing(field),
    )


def _sizing(field: GraphQLField) -> Sizing | None:
    stated = _only(ListSize, directives_of(field))
    if stated is None:
        return None
    arguments = {}
    for name in stated.slicing_arguments or ():
        default = field.args[name].default_value
        arguments[name] = None if default is Undefined else default
    return Sizing(
        assumed=stated.assumed_size or UNSTATED_LIST,
        arguments=arguments,
        fields=frozenset(stated.sized_fields or ()),
    )


def _type_weight(kind: GraphQLNamedType) -> float:
    return _weight(kind, 1) if is_composite_type(kind) else 0


def _weight(definition: Any, unless_stated: float) -> float:
    stated = _only(Cost, directives_of(definition))
    return unless_stated if stated is None else float(stated.weight)


def _is_list(kind: GraphQLOutputType) -> bool:
    return is_list_type(kind.of_type if isinstance(kind, GraphQLNonNull) else kind)


def _only(kind: type[D], directives: Iterable[object]) -> D | None:
    return next((each for each in directives if isinstance(each, kind)), None)
