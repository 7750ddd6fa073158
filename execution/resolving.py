"""How a schema declares its resolvers to this engine: `by_level`, `reads`, `Rows`."""

from collections.abc import Awaitable, Callable, Container, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from inspect import Parameter, Signature, isawaitable, signature
from typing import Any, TypeVar

import strawberry
from strawberry.types.arguments import StrawberryArgumentAnnotation

LevelFunction = Callable[..., Sequence[Any] | Awaitable[Sequence[Any]]]
"""`(parents, context, **arguments)` → a value for each parent, in their order. An exception in the
place of a value fails that parent's field alone; a raised one fails the field of all parents."""

Function = TypeVar("Function", bound=Callable[..., Any])

Path = tuple[str, ...]
"""Names of fields that lead from a field's value to something within it."""


@dataclass(frozen=True, slots=True)
class Prefetch:
    """A relation to one other row that the operation certainly follows."""

    field: tuple[str, str]
    """The names of the type and the field that follow the relation."""
    relation: Hashable
    """The relation that the field declared (`by_level`)."""
    attributes: frozenset[str] | None
    """What the operation reads of the other row; None for all attributes."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What an operation reads of the rows that a field loads."""

    attributes: frozenset[str] | None = None
    """None for all attributes."""
    prefetches: tuple["Prefetch", ...] = ()
    """The relations that are certainly followed from each row."""
    by_type: tuple[tuple[str, "Rows"], ...] = ()
    """For rows of several types: what is read of each type, by its name."""

    def of(self, type_name: str) -> "Rows":
        """What is read of the rows of one type."""
        return dict(self.by_type).get(type_name, self)

    def reading(self, *attributes: str) -> "Rows":
        """These, with attributes that the loading code itself reads."""
        if self.attributes is None:
            return self
        return replace(self, attributes=self.attributes.union(attributes))

    def without(self, fields: Container[tuple[str, ...]]) -> "Rows":
        """These, without the prefetches for some fields."""
        prefetches = tuple(each for each in self.prefetches if each.field not in fields)
        by_type = tuple((name, rows.without(fields)) for name, rows in self.by_type)
        return replace(self, prefetches=prefetches, by_type=by_type)


EVERYTHING = Rows()
"""All attributes, no prefetches."""


@dataclass(frozen=True, slots=True)
class LevelResolver:
    """What `by_level` declares of a resolver."""

    function: LevelFunction
    reads: frozenset[str] | None
    rows: tuple[Path, ...] | None
    relation: Hashable


Check = Callable[[str, Any], object]
"""`(name, value)`: raises `ApiError` for a value of the argument that makes no sense."""

CHECK = "check"
"""The key of an argument's check, in the metadata of its annotation."""

_LEVEL = "__by_level__"
_READS = "__reads__"
_ROWS = "rows"


def by_level(
    resolve: LevelFunction,
    *,
    reads: Iterable[str] | None = None,
    rows: Sequence[Path] | None = None,
    relation: Hashable = None,
) -> Callable[..., Any]:
    """A Strawberry resolver made from a function of all parents of a level.

    graphql-core calls it with one parent at a time. The parameters of `resolve` after the first
    two are the field's arguments; those whose annotation has a `CHECK` are checked.

    - ``reads``: the attributes of the parents that it reads. Unknown by default, so that all are
      loaded.
    - ``rows``: where in the field's value the rows lie that it loads, as paths of fields; `[()]` if
      they are the value. The keyword argument ``rows`` then tells it what the operation reads of
      them; under graphql-core that is unknown, and the parameter's default applies.
    - ``relation``: the relation to one other row that the field follows. It appears in the
      `Rows.prefetches` of the resolver that loads the parents, which may prefetch the other row.
    """

    arguments = list(signature(resolve).parameters.values())[2:]
    function = _checked(resolve, arguments)

    def resolve_one(root: Any, info: strawberry.Info, **arguments: Any) -> Any:
        values = function([root], info.context, **arguments)
        return _await_only(values) if isawaitable(values) else _only(values)

    kind = Parameter.POSITIONAL_OR_KEYWORD
    resolve_one.__name__ = getattr(resolve, "__name__", "resolve")
    resolve_one.__module__ = resolve.__module__
    resolve_one.__signature__ = Signature(  # type: ignore[attr-defined]
        [
            Parameter("root", kind, annotation=Any),
            Parameter("info", kind, annotation=strawberry.Info),
            *(
                argument.replace(kind=Parameter.KEYWORD_ONLY)
                for argument in arguments
                if argument.name != _ROWS
            ),
        ],
        return_annotation=Any,
    )
    read = None if reads is None else frozenset(reads)
    paths = None if rows is None else tuple(rows)
    setattr(resolve_one, _LEVEL, LevelResolver(function, read, paths, relation))
    return resolve_one


def reads(*attributes: str) -> Callable[[Function], Function]:
    """Declare all attributes that a resolver reads of its parent."""

    def mark(resolve: Function) -> Function:
        setattr(resolve, _READS, frozenset(attributes))
        return resolve

    return mark


def declared_level(resolve: Callable[..., Any]) -> LevelResolver | None:
    """What `by_level` declared of a resolver; None if it did not make it."""
    level: LevelResolver | None = getattr(resolve, _LEVEL, None)
    return level


def declared_reads(resolve: Callable[..., Any]) -> frozenset[str] | None:
    """What `reads` declared of a resolver; None if nothing."""
    attributes: frozenset[str] | None = getattr(resolve, _READS, None)
    return attributes


def _checked(resolve: LevelFunction, arguments: Iterable[Parameter]) -> LevelFunction:
    """The function, which is called only with arguments that pass their checks."""
    checks: dict[str, Check] = {
        argument.name: annotation.metadata[CHECK]
        for argument in arguments
        for annotation in getattr(argument.annotation, "__metadata__", ())
        if isinstance(annotation, StrawberryArgumentAnnotation) and annotation.metadata.get(CHECK)
    }
    if not checks:
        return resolve

    def checked(
        parents: Sequence[Any], context: Any, **values: Any
    ) -> Sequence[Any] | Awaitable[Sequence[Any]]:
        for name, check in checks.items():
            if values.get(name) is not None:
                check(name, values[name])
        return resolve(parents, context, **values)

    return checked


def _only(values: Sequence[Any]) -> Any:
    [value] = values
    if isinstance(value, Exception):
        raise value
    return value


async def _await_only(values: Awaitable[Sequence[Any]]) -> Any:
    return _only(await values)
