"""The specification's CompleteValue for a level: from a field's values to results and objects."""

from types import NoneType
from typing import Any, cast

from graphql import Undefined
from graphql.pyutils.undefined import UndefinedType

from execution.awaiting import find_pending, needs_inspection
from execution.leaves import Leaf
from execution.level import FoundObject, Indices, LevelField
from execution.state import ExecutionState


def complete_leaves_at_once(field: LevelField) -> bool:
    """Put the values of a leaf field into the results if none needs a closer look, as is usual.

    Returns whether that was done.
    """
    plan, values = field.plan, field.values
    if plan.leaf is None or plan.list_depth or not isinstance(values, list):
        return False
    serialized = plan.leaf.serialize_all(values)
    if serialized is None or not (plan.nullable[0] or None not in serialized):
        return False
    key = plan.key
    for result, value in zip(field.level.results, serialized, strict=True):
        result[key] = value
    return True


def complete_field(state: ExecutionState, field: LevelField) -> bool:
    """Put a field's values into the results, and the objects among them into `field.objects`.

    Returns False, without doing so, if values have to be awaited before.
    """
    plan, values = field.plan, field.values
    if not isinstance(values, list):
        return False
    field.pending = find_pending(values, plan.list_depth, plan.name)
    if field.pending:
        return False
    results, key = field.level.results, plan.key
    if plan.leaf is not None:
        for index, result in enumerate(results):
            result[key] = _complete_leaf(state, field, index, values[index], ())
    elif not plan.list_depth and _are_objects(values, or_null=plan.nullable[0]):
        field.objects = [
            (value, index, (), result, key)
            for index, (value, result) in enumerate(zip(values, results, strict=True))
            if value is not None
        ]
    else:
        for index, result in enumerate(results):
            _complete_objects(state, field, (values[index], index, (), result, key))
    return True


def _complete_leaf(
    state: ExecutionState, field: LevelField, index: int, value: Any, indices: Indices
) -> Any:
    """The serialized value, or the list of them."""
    if _is_null(state, field, index, value, indices):
        return None
    plan, depth = field.plan, len(indices)
    leaf = cast("Leaf", plan.leaf)
    if depth == plan.list_depth:
        try:
            return leaf.serialize(value)
        except Exception as error:
            return state.add_error(field, index, indices, error)
    if depth + 1 == plan.list_depth:
        serialized = leaf.serialize_all(value)
        if serialized is not None and (plan.nullable[depth + 1] or None not in serialized):
            return serialized
    return [
        _complete_leaf(state, field, index, entry, (*indices, number))
        for number, entry in enumerate(value)
    ]


def _complete_objects(state: ExecutionState, field: LevelField, found: FoundObject) -> None:
    """Add an object, or the objects within a list, to the field's objects."""
    value, index, indices, container, key = found
    if _is_null(state, field, index, value, indices):
        return
    if len(indices) == field.plan.list_depth:
        field.objects.append(found)
        return
    container[key] = entries = [None] * len(value)
    if len(indices) + 1 == field.plan.list_depth and _are_objects(value, or_null=False):
        field.objects += [
            (entry, index, (*indices, number), entries, number)
            for number, entry in enumerate(value)
        ]
        return
    for number, entry in enumerate(value):
        _complete_objects(state, field, (entry, index, (*indices, number), entries, number))


def _is_null(
    state: ExecutionState, field: LevelField, index: int, value: Any, indices: Indices
) -> bool:
    """Whether a value is null or an exception. Adds the error, if that is one."""
    if value is None or value is Undefined:
        if not field.plan.nullable[len(indices)]:
            missing = TypeError(f"Cannot return null for non-nullable field {field.plan.name}.")
            state.add_error(field, index, indices, missing)
        return True
    if isinstance(value, Exception):
        state.add_error(field, index, indices, value)
        return True
    return False


def _are_objects(values: list[Any], *, or_null: bool) -> bool:
    """Whether all values are objects, told by their Python types."""
    return not any(
        needs_inspection(python_type)
        or python_type is UndefinedType
        or (python_type is NoneType and not or_null)
        for python_type in set(map(type, values))
    )
