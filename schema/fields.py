"""Fields made from declared relations, and arguments that several fields share."""

import re
from collections.abc import Callable, Sequence
from enum import StrEnum
from operator import attrgetter
from typing import Annotated, Any

import strawberry

from execution.resolving import EVERYTHING, Rows, by_level
from ordering import texts
from resolvers.batch_loader import Values
from resolvers.context import Context
from resolvers.loaders import One, Parts, ToOne
from schema.enums import Locale

LocaleArgument = Annotated[
    Locale | None,
    strawberry.argument(
        description="The language of the text. Defaults to the language preferred by the request "
        "header `Accept-Language`, or to German."
    ),
]


def lazy(name: str) -> Any:
    """A graph type by name, for types that refer to each other. Its module must have the name of
    the type in snake case."""
    module = re.sub(r"\B[A-Z]", r"_\g<0>", name).lower()
    return Annotated[name, strawberry.lazy(f"schema.{module}")]


def to_one(relation: One[Any], key: str, description: str) -> Any:
    """A field with the row that the parent's attribute `key` refers to. Null if there is none in
    scope. Its graph type has the name of the relation's model."""
    key_of = attrgetter(key)

    def resolve(parents: Sequence[Any], context: Context, rows: Rows = EVERYTHING) -> Values[Any]:
        return context.loaders.one(relation, list(map(key_of, parents)), rows)

    return strawberry.field(
        resolver=by_level(resolve, reads=(key,), rows=[()], relation=ToOne(relation, key)),
        graphql_type=lazy(relation.model.__name__) | None,
        description=description,
    )


def to_parts(relation: Parts[Any], kind: type[Any], description: str) -> Any:
    """A field with all parts of the parent, in order, as objects of the graph type `kind`."""

    def resolve(
        parents: Sequence[Any], context: Context, rows: Rows = EVERYTHING
    ) -> Values[list[Any]]:
        return context.loaders.parts(relation, [parent.id for parent in parents], rows)

    return strawberry.field(
        resolver=by_level(resolve, reads=("id",), rows=[()]),
        graphql_type=list[kind],  # type: ignore[valid-type]
        description=description,
    )


def locale_of(context: Context, argument: Locale | None) -> Locale:
    return texts.negotiate(argument, context.accept_language)


def label_of(attribute: str, description: str | None = None) -> Any:
    """A field with the label of the parent's enum attribute, in the requested language."""
    member_of: Callable[[Any], StrEnum] = attrgetter(attribute)

    def resolve(
        parents: Sequence[Any], context: Context, locale: LocaleArgument = None
    ) -> list[str]:
        language = locale_of(context, locale)
        return [texts.label(member, language) for member in map(member_of, parents)]

    name = attribute.replace("_", " ")
    return strawberry.field(
        resolver=by_level(resolve, reads=(attribute,)),
        graphql_type=str,
        description=description or f"The name of the {name}, to show to people.",
    )
