"""Entities without an ORM session, for changing many rows at once.

An ORM session tracks and writes each entity by itself, which costs more than the database. These
are created as the ORM creates those that it loads, remember their changes, and are written together
by `WriteSession.insert` and `WriteSession.update`.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar, cast

from sqlalchemy import inspect
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.orm.attributes import instance_state, set_committed_value

from db.base import Base

M = TypeVar("M", bound=Base)

_STATE = "_sa_instance_state"
"""Where SQLAlchemy keeps what it knows about an entity, beside its values."""


def new(model: type[M], /, **values: Any) -> M:
    """An entity that is not stored yet. No defaults of columns apply: what is not given is None."""
    entity: M = _new_instance(model)()
    entity.__dict__.update(values)
    return entity


@cache
def _new_instance(model: type[M]) -> Callable[[], M]:
    return cast("Callable[[], M]", inspect(model).class_manager.new_instance)


@cache
def columns(model: type[Base]) -> tuple[InstrumentedAttribute[Any], ...]:
    """The columns that the program writes: all but generated ones."""
    return tuple(
        getattr(model, attribute.key)
        for attribute in inspect(model).column_attrs
        if attribute.columns[0].computed is None
    )


def stored(model: type[M], rows: Iterable[Sequence[Any]]) -> list[M]:
    """Entities of rows with the values of `columns`."""
    names = [column.key for column in columns(model)]
    new_instance = _new_instance(model)
    entities: list[M] = []
    for row in rows:
        entity = new_instance()
        entity.__dict__.update(zip(names, row, strict=True))
        entities.append(entity)
    return entities


def values(model: type[Base], entities: Iterable[Base]) -> list[dict[str, Any]]:
    """The values of all `columns` of each entity, by name."""
    nothing = dict.fromkeys(column.key for column in columns(model))
    rows = [nothing | of for of in map(attrgetter("__dict__"), entities)]
    for row in rows:
        del row[_STATE]
    return rows


def changed(entity: Base) -> set[str]:
    """The names of the columns that have other values than when the entity was created."""
    state = instance_state(entity)
    if not state.modified:
        return set()
    now = entity.__dict__
    return {
        name
        for name, before in state.committed_state.items()
        if now[name] is not before and (now[name] != before or isinstance(before, list | dict))
    }


def mark_stored(entity: Base) -> None:
    """Forget the changes of an entity, which were written."""
    state = instance_state(entity)
    if not state.modified:
        return
    for name in list(state.committed_state):
        set_committed_value(entity, name, entity.__dict__[name])
