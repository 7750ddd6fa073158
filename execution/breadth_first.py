"""Executes an operation breadth first: each field once for all objects of its level.

The fields of a step's levels are resolved, what is pending is awaited together, and the objects
found in their values are the levels of the next step. Errors are collected on the way and applied
at the end.
"""

from typing import Any

from graphql import ExecutionResult

from execution.completion import complete_field, complete_leaves_at_once
from execution.field_values import await_values, resolve_field
from execution.level import Level, LevelField
from execution.runtime_types import objects_by_type
from execution.state import ExecutionState


async def execute_breadth_first(state: ExecutionState) -> ExecutionResult:
    """Execute the operation. Its mutations run one after another."""
    response: dict[str, Any] = {}
    plan = state.executed(state.plan.root.on(state.plan, state.plan.root_type))
    root = Level(plan, [(None, 0, (), response, "data")])
    if state.plan.is_serial:
        for field in plan.fields:
            await _execute_fields(state, [LevelField(root, field)])
            if state.errors.null_all_data:
                break
    else:
        await _execute_fields(state, [LevelField(root, field) for field in plan.fields])
    if not state.errors:
        return ExecutionResult(response["data"], None)
    return ExecutionResult(*state.errors.apply(response["data"]))


async def _execute_fields(state: ExecutionState, fields: list[LevelField]) -> None:
    """Execute fields and everything below them, a level at a time."""
    while fields:
        levels: list[Level] = []
        pending: list[LevelField] = []
        for field in fields:
            resolve_field(state, field)
            if not (complete_leaves_at_once(field) or await _complete(state, field, levels)):
                pending.append(field)
        while pending:
            await await_values(pending)
            pending = [field for field in pending if not await _complete(state, field, levels)]
        fields = [LevelField(level, field) for level in levels for field in level.plan.fields]


async def _complete(state: ExecutionState, field: LevelField, levels: list[Level]) -> bool:
    """Complete a field and add the levels of its objects, one for each of their types.

    Returns False if values have to be awaited before.
    """
    if not complete_field(state, field):
        return False
    if field.objects:
        for type_, objects in (await objects_by_type(state, field)).items():
            if objects:
                plan = state.executed(field.plan.selection.on(state.plan, type_))
                levels.append(Level(plan, objects, field))
    return True
