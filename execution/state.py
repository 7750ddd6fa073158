"""What all steps of one execution share."""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any

from graphql import GraphQLResolveInfo, located_error
from graphql.execution.values import VariableValues
from graphql.type.definition import GraphQLResolveInfoHelpers

from execution.awaiting import IterationError, is_awaitable, outcome
from execution.level import Indices, LevelField
from execution.null_propagation import FieldErrors
from execution.permissions import Forbidden
from execution.plan import ObjectPlan, OperationPlan


class ExecutionState:
    """The inputs of one execution, its errors, and what its variables make of the plan."""

    def __init__(
        self,
        plan: OperationPlan,
        variables: VariableValues,
        context: Any,
        forbidden: Forbidden,
        *,
        hide_suggestions: bool,
    ) -> None:
        self.plan = plan
        self.variables = variables
        self.context = context
        self.forbidden = forbidden
        self.hide_suggestions = hide_suggestions
        self.errors = FieldErrors()
        self._holds: list[bool] = []
        """Whether each condition of the plan holds, by number."""
        self._executed: dict[int, ObjectPlan] = {}

    def executed(self, plan: ObjectPlan) -> ObjectPlan:
        """The fields that are executed with these variables."""
        if not plan.is_conditional:
            return plan
        executed = self._executed.get(id(plan))
        if executed is None:
            self.plan.evaluate(self._holds, self.variables.coerced)
            executed = self._executed[id(plan)] = self.plan.only(plan, self._holds)
        return executed

    def add_error(self, field: LevelField, index: int, indices: Indices, error: Exception) -> None:
        """Add the error of a value, or of an entry at `indices` of its lists."""
        failed = indices
        if isinstance(error, IterationError):
            # The list fails, at the position of its next entry.
            error, failed = error.error, indices[:-1]
        path = field.path(index, failed).as_list()
        located = located_error(error, field.plan.nodes, path)
        position = (*path, *indices[len(failed) :])
        self.errors.add(located, position, field.nulled_by(index, failed))

    def info(self, field: LevelField, index: int) -> GraphQLResolveInfo[Any]:
        """graphql-core's `info` for a resolver or an abstract type, for one parent."""
        return GraphQLResolveInfo(
            field.plan.coordinate[1],
            field.plan.nodes,
            field.plan.definition.type,
            field.plan.parent_type,
            field.path(index),
            self.plan.core_schema,
            self.plan.fragments,
            None,
            self.plan.node,
            self.variables,
            self.context,
            is_awaitable,
            None,
            _HELPERS,
        )


_tracked: set["asyncio.Future[Any]"] = set()


async def _gather(awaitables: Sequence[Awaitable[Any]]) -> list[Any]:
    return await asyncio.gather(*awaitables)


def _track(values: Sequence[Any]) -> None:
    """Run awaitables to their end in the background, ignoring their outcomes."""
    for value in filter(is_awaitable, values):
        future = asyncio.ensure_future(outcome(value))
        _tracked.add(future)
        future.add_done_callback(_tracked.discard)


_HELPERS = GraphQLResolveInfoHelpers(_gather, _track)
