"""Values for the arguments of random operations: as literals, as variables, with defaults."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import orjson
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    is_required_input_field,
    value_from_ast_untyped,
)

Pool = Mapping[str, Sequence[Any]]
"""Values as JSON. The first of these names that exists decides: an argument's whole path
("Order.carts.filter.status"), the type of its field with its name ("OrderConnection.after"), its
path alone ("filter.status"), its input type with its name ("DateTimeRange.from"), its name, its
type ("String"). Enums and plain scalars need none."""

_PLAIN: Pool = {
    "@include": [True, True, True, False],
    "@skip": [False, False, False, True],
    "Boolean": [True, False],
    "Int": [0, 1, 2, 3, 5],
    "Float": [0, 1.5, -2],
    "String": ["", "x", "A-10001", "%", "Ünï 🏃", 'quoted "text"', "two\nlines"],
    "ID": ["", "x", 7],
    "Date": ["2026-06-30", "2000-02-29"],
    "DateTime": ["2026-11-01T00:00:00Z", "2000-01-01T00:00:00+02:00"],
    "Decimal": ["19.90", "0"],
}
_ABSENT = object()


@dataclass(frozen=True)
class _Variable:
    """A variable that a document may use wherever the same type and meaning is expected."""

    name: str
    type: str
    fits: str
    about: str
    default: Any
    default_text: str
    value: Any


@dataclass(frozen=True)
class _Use:
    """A variable, in the place of a value."""

    variable: _Variable


class Values:
    """The values and the variables of one document."""

    def __init__(self, pool: Pool, random: Random) -> None:
        self._pool = {**_PLAIN, **pool}
        self._random = random
        self._variables: dict[str, _Variable] = {}
        self.used: set[str] = set()
        """The names of the variables that were used since this set was replaced."""

    def value(self, kind: GraphQLInputType, names: Sequence[str], *, constant: bool = False) -> Any:
        """A value of the type, with variables within it unless it must be constant.

        `names` are those that the pool is asked for, the most special first, the last the plain.
        """
        if not constant and self._chance(0.35):
            return _Use(self._variable(kind, names))
        if isinstance(kind, GraphQLNonNull):
            return self._some(kind.of_type, names, constant)
        return None if self._chance(0.04) else self._some(kind, names, constant)

    def written(self, value: Any, kind: GraphQLInputType) -> str:
        """The value as written in a document."""
        if value is None or isinstance(value, _Use):
            return "null" if value is None else f"${value.variable.name}"
        match kind:
            case GraphQLNonNull():
                return self.written(value, kind.of_type)
            case GraphQLList():
                # A single value may be written for a list of one.
                items = [self.written(each, kind.of_type) for each in _listed(value)]
                return f"[{', '.join(items)}]" if isinstance(value, list) else items[0]
            case GraphQLInputObjectType():
                fields = (
                    f"{name}: {self.written(each, kind.fields[name].type)}"
                    for name, each in value.items()
                )
                return f"{{{', '.join(fields)}}}"
            case GraphQLEnumType():
                return str(value)
        text = orjson.dumps(value).decode()
        is_plain = isinstance(value, str) and value.isalnum()
        return f'""{text}""' if is_plain and self._chance(0.1) else text

    def effective(self, value: Any) -> Any:
        """The value that execution uses."""
        if not isinstance(value, _Use):
            return value
        variable = value.variable
        given = variable.default if variable.value is _ABSENT else variable.value
        return None if given is _ABSENT else given

    def definitions(self, names: set[str]) -> str:
        """The variable definitions of an operation that uses these variables."""
        parts = (
            f"${each.name}: {each.type}{each.default_text}"
            for name, each in self._variables.items()
            if name in names
        )
        return f"({', '.join(parts)})" if names else ""

    def given(self, names: set[str]) -> dict[str, Any]:
        """The values that are sent for the variables, sometimes with an unused one."""
        sent = {
            name: each.value
            for name, each in self._variables.items()
            if name in names and each.value is not _ABSENT
        }
        return {**sent, "unasked": [{}]} if self._chance(0.05) else sent

    def tokens(self, text: str) -> int:
        """At least as many tokens as the lexer finds."""
        return len(re.findall(r"\w+|[^\w\s]", text))

    def _variable(self, kind: GraphQLInputType, names: Sequence[str]) -> _Variable:
        known = [
            each
            for each in self._variables.values()
            if each.fits == str(kind) and each.about == names[-1]
        ]
        if known and self._chance(0.4):
            chosen = self._random.choice(known)
        else:
            chosen = self._new_variable(kind, names)
            self._variables[chosen.name] = chosen
        self.used.add(chosen.name)
        return chosen

    def _new_variable(self, kind: GraphQLInputType, names: Sequence[str]) -> _Variable:
        wanted = isinstance(kind, GraphQLNonNull)
        inner: Any = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        has_default = self._chance(0.3)
        # Where null is refused, a nullable variable needs a default that is not null.
        strict = self._chance(0.9 if wanted else 0.2) or (wanted and not has_default)
        default = self._some(inner, names, constant=True) if has_default else _ABSENT
        left_out = self._chance(0.4) and (has_default or not strict)
        value = _ABSENT if left_out else self._some(inner, names, constant=True)
        if not (wanted or strict or left_out) and self._chance(0.2):
            value = None
        return _Variable(
            name=f"v{len(self._variables)}",
            type=f"{inner}{'!' if strict else ''}",
            fits=str(kind),
            about=names[-1],
            default=default,
            default_text=f" = {self.written(default, inner)}" if has_default else "",
            value=value,
        )

    def _some(self, kind: GraphQLInputType, names: Sequence[str], constant: bool) -> Any:
        """A value that is not null."""
        if isinstance(kind, GraphQLList):
            return self._list(kind.of_type, names, constant)
        if isinstance(kind, GraphQLInputObjectType):
            return self._object(kind, names, constant)
        named: Any = kind
        pools = (*names, named.name)
        found = next((self._pool[name] for name in pools if name in self._pool), None)
        if found is None:
            assert isinstance(named, GraphQLEnumType), f"no values for {pools}"
            found = [*named.values]
        return self._random.choice(found)

    def _list(self, item: GraphQLInputType, names: Sequence[str], constant: bool) -> Any:
        inner: Any = item.of_type if isinstance(item, GraphQLNonNull) else item
        if self._chance(0.1):
            return self._some(inner, names, constant=True)
        length = self._random.choice([0, 1, 1, 2, 2, 3, 5])
        return [self.value(item, names, constant=constant) for _ in range(length)]

    def _object(
        self, kind: GraphQLInputObjectType, names: Sequence[str], constant: bool
    ) -> dict[str, Any]:
        optional = [name for name, each in kind.fields.items() if not is_required_input_field(each)]
        few = self._random.sample(
            optional, min(len(optional), self._random.choice([0, 1, 1, 2, 3]))
        )
        return {
            name: self.value(
                each.type,
                (
                    *(f"{outer}.{name}" for outer in names),
                    f"{kind.name}.{name}",
                    name,
                ),
                constant=constant,
            )
            for name, each in kind.fields.items()
            if name in few or is_required_input_field(each)
        }

    def _chance(self, share: float) -> bool:
        return self._random.random() < share


def list_size(field: GraphQLField) -> tuple[int, list[str]] | None:
    """What `@listSize` states: the size of a list, and the arguments that set it."""
    for directive in (field.ast_node and field.ast_node.directives) or ():
        if directive.name.value == "listSize":
            stated = {
                each.name.value: value_from_ast_untyped(each.value)
                for each in directive.arguments or ()
            }
            return stated.get("assumedSize", 10), stated.get("slicingArguments", [])
    return None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
