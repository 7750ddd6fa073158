"""A value that a resolver computes and the graph type that shows it are one class."""

import importlib
import pkgutil
from collections.abc import Iterator
from inspect import getmembers, isclass

from graphql import GraphQLObjectType
from strawberry.types.base import StrawberryObjectDefinition

import resolvers
import schema as product


def graph_types() -> Iterator[StrawberryObjectDefinition]:
    for kind in product.build_schema()._schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and "strawberry-definition" in kind.extensions:
            yield kind.extensions["strawberry-definition"]


def bare_fields(definition: StrawberryObjectDefinition) -> set[str]:
    """The fields whose values are attributes of the object."""
    return {field.python_name for field in definition.fields if field.base_resolver is None}


def computed_values() -> Iterator[type]:
    """What resolvers hand out besides rows."""
    for module in pkgutil.iter_modules(resolvers.__path__, "resolvers."):
        for _, kind in getmembers(importlib.import_module(module.name), isclass):
            if kind.__module__ == module.name:
                yield kind


def test_no_value_has_all_bare_fields_of_a_graph_type() -> None:
    values = {
        kind.__name__: {*getattr(kind, "__annotations__", {}), *vars(kind)}
        for kind in computed_values()
    }
    twins = [
        (definition.name, name)
        for definition in graph_types()
        for name, attributes in values.items()
        if len(bare := bare_fields(definition)) > 1 and bare <= attributes
    ]
    assert twins == []
