"""Resolvers made from declared relations, and arguments that several fields share."""

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

Resolver = Callable[..., Any]

LocaleArgument = Annotated[
    Locale | None,
    strawberry.argument(
        description="The language of the text. Defaults to the language preferred by the request "
        "header `Accept-Language`, or to German."
    ),
]


def lazy(name: str) -> Any:
    """A graph type by name, for types that refer to each other. Its module must have the name of
    the type in lower case."""
    return Annotated[name, strawberry.lazy(f"schema.{name.lower()}")]


def to_one(relation: One[Any], key: str) -> Resolver:
    """A resolver of the row that the parent's attribute `key` refers to. Null if there is none in
    scope."""
    key_of = attrgetter(key)

    def resolve(parents: Sequence[Any], context: Context, rows: Rows = EVERYTHING) -> Values[Any]:
        return context.loaders.one(relation, list(map(key_of, parents)), rows)

    return by_level(resolve, reads=(key,), rows=[()], relation=ToOne(relation, key))


def to_parts(relation: Parts[Any], key: str = "id") -> Resolver:
    """A resolver of all parts of the parent, in order."""
    key_of = attrgetter(key)

    def resolve(
        parents: Sequence[Any], context: Context, rows: Rows = EVERYTHING
    ) -> Values[list[Any]]:
        return context.loaders.parts(relation, list(map(key_of, parents)), rows)

    return by_level(resolve, reads=(key,), rows=[()])


def locale_of(context: Context, argument: Locale | None) -> Locale:
    return texts.negotiate(argument, context.accept_language)


def label_of(attribute: str) -> Resolver:
    """A resolver of the label of the parent's enum attribute, in the requested language."""
    member_of: Callable[[Any], StrEnum | None] = attrgetter(attribute)

    def resolve(
        parents: Sequence[Any], context: Context, locale: LocaleArgument = None
    ) -> list[str | None]:
        language = locale_of(context, locale)
        return [
            None if member is None else texts.label(member, language)
            for member in map(member_of, parents)
        ]

    return by_level(resolve, reads=(attribute,))
