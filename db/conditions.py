"""Conditions that rows of a list must meet.

A condition is declared once, for any value. Its values are parameters: a statement depends on the
shape of its conditions alone, which is what conditions it has and in which form. It is built and
compiled once for each shape (`db.statements`).
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from operator import ge
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, bindparam, false, or_
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.types import String, TypeEngine

from db.base import Base
from db.expressions import any_key
from db.search import readable_texts, search_terms

Clauses = list[ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Use:
    """A condition with a value."""

    form: Hashable
    """Uses of one condition in the same form have the same SQL."""
    clauses: Callable[[], Clauses]
    values: tuple[tuple[str, Any], ...] = ()
    """Of the parameters, by name."""


@dataclass(frozen=True, eq=False)
class Condition:
    """A condition for any value."""

    use: Callable[[str, Any, frozenset[str]], Use]
    """`(name, value, granted)` → its use. Names of parameters begin with `name`; `granted` are the
    scopes of the caller, for a condition that compares only with what the caller may read."""
    example: Any
    """A sample value, with which the schema check finds the columns that are compared."""


@dataclass(frozen=True, slots=True)
class Where:
    """Conditions with their values. Rows must meet all of them."""

    shape: tuple[Hashable, ...] = ()
    """Conditions of the same shape have the same SQL."""
    values: tuple[tuple[str, Any], ...] = ()
    _uses: tuple[Use, ...] = field(default=(), compare=False, repr=False)

    @classmethod
    def of(
        cls,
        conditions: Iterable[tuple[str, Condition, Any]],
        granted: frozenset[str] = frozenset(),
    ) -> "Where":
        """Takes `(name, condition, value)`, each name once."""
        shape: list[Hashable] = []
        uses: list[Use] = []
        for name, condition, value in conditions:
            use = condition.use(f"where_{name}", value, granted)
            shape.append((name, condition, use.form))
            uses.append(use)
        return cls(tuple(shape), tuple(value for use in uses for value in use.values), tuple(uses))

    @property
    def parameters(self) -> dict[str, Any]:
        """The values of the statement's parameters that belong to these conditions."""
        return dict(self.values)

    def clauses(self) -> Clauses:
        return [clause for use in self._uses for clause in use.clauses()]


EVERYTHING = Where()
"""No conditions."""


def one_of(column: InstrumentedAttribute[Any]) -> Condition:
    """The column has one of the values. A single value becomes an equality, so that an index that
    starts with the column can also sort."""

    def use(name: str, values: Iterable[Any], _: frozenset[str]) -> Use:
        distinct = tuple(sorted(set(values)))
        if len(distinct) == 1:
            return Use(
                "one", lambda: [column == _parameter(name, column.type)], ((name, *distinct),)
            )
        return Use("any", lambda: [any_key(column, name)], ((name, distinct),))

    return Condition(use, ("", ""))


def equals(column: InstrumentedAttribute[Any]) -> Condition:
    """The column has the value."""

    def use(name: str, value: Any, _: frozenset[str]) -> Use:
        return Use(None, lambda: [column == _parameter(name, column.type)], ((name, value),))

    return Condition(use, "")


def either(clause: ColumnElement[bool]) -> Condition:
    """The clause holds if the value is true, and does not hold if it is false."""

    def use(_: str, value: bool, __: frozenset[str]) -> Use:
        return Use(value, lambda: [clause if value else ~clause])

    return Condition(use, True)


Bound = tuple[Callable[[Any, Any], Any], Any]
"""A comparison of `operator`, such as `ge`, and what the column is compared with."""


def within(column: InstrumentedAttribute[Any]) -> Condition:
    """The column is within all bounds of the value."""

    def use(name: str, bounds: Sequence[Bound], _: frozenset[str]) -> Use:
        comparisons = tuple(compare for compare, _ in bounds)
        return Use(
            comparisons,
            lambda: [
                compare(column, _parameter(f"{name}_{place}", column.type))
                for place, compare in enumerate(comparisons)
            ],
            tuple((f"{name}_{place}", limit) for place, (_, limit) in enumerate(bounds)),
        )

    return Condition(use, [(ge, None)])


def found_in(*texts: ColumnElement[str] | InstrumentedAttribute[str]) -> Condition:
    """Every word of the value occurs in one of the texts, which are folded (`db.search.fold`)."""
    return Condition(
        lambda name, search, _: _words_in(texts, f"texts {len(texts)}", name, search), "word"
    )


def searched(model: type[Base]) -> Condition:
    """Every word of the value occurs in a search text of the row that the caller may read."""

    def use(name: str, search: str, granted: frozenset[str]) -> Use:
        texts = readable_texts(model, granted)
        return _words_in(texts, tuple(text.key for text in texts), name, search)

    return Condition(use, "word")


def _words_in(texts: Sequence[Any], form: Hashable, name: str, search: str) -> Use:
    """`form` tells the texts apart in the shape of the condition."""
    terms = search_terms(search)

    def clauses() -> Clauses:
        parameters = [_parameter(f"{name}_{place}", String()) for place in range(len(terms))]
        return [
            or_(false(), *(text.like(parameter, escape="\\") for text in texts))
            for parameter in parameters
        ]

    values = tuple((f"{name}_{place}", term) for place, term in enumerate(terms))
    return Use((len(terms), form), clauses, values)


def _parameter(name: str, kind: TypeEngine[Any]) -> BindParameter[Any]:
    return bindparam(name, type_=kind, required=False)
