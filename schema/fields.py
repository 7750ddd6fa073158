"""Resolvers made from declared relations, and the few arguments that many fields share."""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Annotated, Any

import strawberry

from ordering import texts
from resolvers.context import Info
from resolvers.loaders import One, Parts
from schema.enums import Locale

Resolver = Callable[..., Awaitable[Any]]

LocaleArgument = Annotated[
    Locale | None,
    strawberry.argument(
        description="The language of the text. Without it, the request's `Accept-Language` "
        "decides, and German is the default."
    ),
]


def lazy(name: str) -> Any:
    """A type of the graph that stands in the module of its name, for types that refer to each
    other in circles."""
    return Annotated[name, strawberry.lazy(f"schema.{name.lower()}")]


def to_one(relation: One[Any], key: str) -> Resolver:
    """The row that the parent's attribute `key` names; null without one, or out of scope."""

    async def resolve(root: strawberry.Parent[Any], info: Info) -> Any:
        value = getattr(root, key)
        return None if value is None else await info.context.loaders.one(relation, value)

    return resolve


def to_parts(relation: Parts[Any], key: str = "id") -> Resolver:
    """All parts of the parent."""

    async def resolve(root: strawberry.Parent[Any], info: Info) -> Any:
        return await info.context.loaders.parts(relation, getattr(root, key))

    return resolve


def locale_of(info: Info, argument: Locale | None) -> Locale:
    return texts.negotiate(argument, info.context.accept_language)


def label_of(attribute: str) -> Callable[..., str | None]:
    """What people call the value of the parent's enum attribute."""

    def resolve(
        root: strawberry.Parent[Any], info: Info, locale: LocaleArgument = None
    ) -> str | None:
        member: StrEnum | None = getattr(root, attribute)
        return None if member is None else texts.label(member, locale_of(info, locale))

    return resolve
