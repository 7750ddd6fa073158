"""How a field of the schema gets its values for many parents at once: found out once a field.

The best way that a field allows is taken:

- ``__typename`` is known;
- a bare attribute is read of each parent;
- a field *by level* (`by_level`) is asked once for all parents;
- a resolver that takes nothing but its parent and arguments is called without the machinery of
  an `info`;
- any other resolver is called for each parent, as graphql-core calls it.
"""

from collections.abc import Awaitable, Callable, Container, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from inspect import Parameter, Signature, isawaitable, signature
from operator import attrgetter
from typing import Any, ClassVar, TypeVar

import strawberry
from graphql import FieldNode, GraphQLField, VariableNode, default_field_resolver
from graphql.execution.values import VariableValues, get_argument_values
from strawberry.schema import Schema
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver

LevelResolver = Callable[..., Sequence[Any] | Awaitable[Sequence[Any]]]
"""`(parents, context, **arguments)` → a value for each parent, in their order; an exception in the
place of a value fails that parent's field alone."""

Function = TypeVar("Function", bound=Callable[..., Any])

Path = tuple[str, ...]
"""Names of fields, from a field's value to what lies in it."""


@dataclass(frozen=True, slots=True)
class Prefetch:
    """A relation to one other row that the operation surely follows, and what it reads of that
    row."""

    field: tuple[str, str]
    """The names of the type and the field that follow the relation."""
    relation: Hashable
    """As the field named it (`by_level`)."""
    attributes: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Rows:
    """What an operation reads of the rows that a field loads."""

    attributes: frozenset[str] | None = None
    """All if None."""
    prefetches: tuple["Prefetch", ...] = ()
    """The relations to one other row that are surely followed from each of them."""
    by_type: tuple[tuple[str, "Rows"], ...] = ()
    """Of rows that may be of several types: what is read of each."""

    def of(self, type_name: str) -> "Rows":
        """What is read of the rows of one type."""
        return dict(self.by_type).get(type_name, self)

    def reading(self, *attributes: str) -> "Rows":
        """The same, and some attributes that whoever loads the rows reads."""
        if self.attributes is None:
            return self
        return replace(self, attributes=self.attributes.union(attributes))

    def without(self, fields: Container[tuple[str, str]]) -> "Rows":
        """The same without what some fields would follow."""
        prefetches = tuple(each for each in self.prefetches if each.field not in fields)
        by_type = tuple((name, rows.without(fields)) for name, rows in self.by_type)
        return replace(self, prefetches=prefetches, by_type=by_type)


EVERYTHING = Rows()

_LEVEL = "__by_level__"
_READS = "__reads__"
_ROWS = "rows"
_KIND = Parameter.POSITIONAL_OR_KEYWORD


def by_level(
    resolve: LevelResolver,
    *,
    reads: Iterable[str] | None = None,
    rows: Sequence[Path] | None = None,
    relation: Hashable = None,
) -> Callable[..., Any]:
    """A Strawberry resolver, made from one that takes all parents of a level at once.

    graphql-core calls it for one parent at a time. The parameters after the first two are the
    field's arguments.

    - ``reads`` names the attributes that it reads of the parents; unknown unless told.
    - ``rows`` says where the rows that it loads lie in the field's value, by the names of fields
      that lead there: `[()]` if they are the value. It then gets the keyword ``rows``: what the
      operation reads of them, as far as that is known; under graphql-core nothing is.
    - ``relation`` names what it follows to one other row: whoever loads the parents is told that
      name, and may prefetch the other row.
    """

    def of_one(root: Any, info: strawberry.Info, **arguments: Any) -> Any:
        values = resolve([root], info.context, **arguments)
        return _awaited(values) if isawaitable(values) else _only(values)

    parameters = list(signature(resolve).parameters.values())[2:]
    of_one.__name__ = getattr(resolve, "__name__", "resolve")
    of_one.__module__ = resolve.__module__
    of_one.__signature__ = Signature(  # type: ignore[attr-defined]
        [
            Parameter("root", _KIND, annotation=Any),
            Parameter("info", _KIND, annotation=strawberry.Info),
            *(
                each.replace(kind=Parameter.KEYWORD_ONLY)
                for each in parameters
                if each.name != _ROWS
            ),
        ],
        return_annotation=Any,
    )
    read = None if reads is None else frozenset(reads)
    places = None if rows is None else tuple(rows)
    setattr(of_one, _LEVEL, ByLevel(resolve, read, places, relation))
    return of_one


def reads(*attributes: str) -> Callable[[Function], Function]:
    """Says of a resolver which attributes it reads of its parent, and that it reads no others."""

    def mark(resolve: Function) -> Function:
        setattr(resolve, _READS, frozenset(attributes))
        return resolve

    return mark


def _only(values: Sequence[Any]) -> Any:
    [value] = values
    if isinstance(value, Exception):
        raise value
    return value


async def _awaited(values: Awaitable[Sequence[Any]]) -> Any:
    return _only(await values)


@dataclass(frozen=True, slots=True)
class Typename:
    name: str
    reads: ClassVar[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Attribute:
    name: str
    read: Callable[[Any], Any]

    @property
    def reads(self) -> frozenset[str]:
        return frozenset((self.name,))


@dataclass(frozen=True, slots=True)
class ByLevel:
    resolve: LevelResolver
    reads: frozenset[str] | None
    rows: tuple[Path, ...] | None
    relation: Hashable = None


@dataclass(frozen=True, slots=True)
class OfParent:
    resolve: Callable[..., Any]
    """Takes the parent by position, and arguments by keyword."""
    reads: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class OfEach:
    resolve: Callable[..., Any]
    """Takes parent and `info` by position, and arguments as graphql-core has coerced them."""
    reads: ClassVar[frozenset[str] | None] = None


# `reads` of each: the attributes that it reads of the parents; None if that is not known.
Resolving = Typename | Attribute | ByLevel | OfParent | OfEach


def resolving(definition: GraphQLField, coordinate: tuple[str, str], schema: Schema) -> Resolving:
    """The best way to get a field's values."""
    type_name, name = coordinate
    if name == "__typename":
        return Typename(type_name)
    field = strawberry_field(definition)
    best: Resolving | None = None
    if field is not None and not field.extensions and not schema.exception_handlers:
        best = _attribute(field) if field.base_resolver is None else _function(field)
    return best or OfEach(definition.resolve or default_field_resolver)


def _attribute(field: StrawberryField) -> Attribute | None:
    if _gets_results_as_usual(field) and field.default_resolver is getattr:
        return Attribute(field.python_name, attrgetter(field.python_name))
    return None


def _function(field: StrawberryField) -> ByLevel | OfParent | None:
    resolver = field.base_resolver
    if resolver is None or not _gets_results_as_usual(field):
        return None
    resolve: Any = resolver.wrapped_func
    level: ByLevel | None = getattr(resolve, _LEVEL, None)
    if level is not None:
        return level
    if _takes_its_parent_first(resolver):
        return OfParent(resolve, getattr(resolve, _READS, None))
    return None


def _gets_results_as_usual(field: StrawberryField) -> bool:
    return type(field).get_result is StrawberryField.get_result


def strawberry_field(definition: GraphQLField) -> StrawberryField | None:
    field = (definition.extensions or {}).get("strawberry-definition")
    return field if isinstance(field, StrawberryField) else None


def _takes_its_parent_first(resolver: StrawberryResolver[Any]) -> bool:
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


class Arguments:
    """The arguments of a field as they stand in a document, prepared as far as they are known."""

    def __init__(self, definition: GraphQLField, node: FieldNode, schema: Schema) -> None:
        self._definition = definition
        self._node = node
        self._schema = schema
        self.none = not definition.args and not node.arguments
        field = strawberry_field(definition)
        self._of_field = field.arguments if field is not None else []
        self._known: dict[str, Any] | None = {} if self.none else None
        self._varies = any(_has_variable(each.value) for each in node.arguments or ())
        self.shared = True
        """Whether the same values may be passed to several resolvers: no one can change them."""

    def coerced(self, variables: VariableValues, *, hide_suggestions: bool) -> dict[str, Any]:
        """As graphql-core passes them on; raises where a value does not fit."""
        if self._known is not None:
            return self._known
        values = get_argument_values(
            self._definition, self._node, variables, hide_suggestions=hide_suggestions
        )
        self.shared = all(map(_is_immutable, values.values()))
        if self.shared and not self._varies:
            self._known = values
        return values

    def converted(self, coerced: dict[str, Any]) -> dict[str, Any]:
        """As a Strawberry resolver takes them: Python's names, input objects made anew."""
        if not self._of_field or not coerced:
            return {}
        converter = self._schema.schema_converter
        return convert_arguments(
            coerced, self._of_field, converter.scalar_registry, converter.config
        )


def _is_immutable(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | Enum)


def _has_variable(value: Any) -> bool:
    if isinstance(value, VariableNode):
        return True
    below = getattr(value, "values", None) or [
        each.value for each in getattr(value, "fields", None) or ()
    ]
    return any(map(_has_variable, below))
