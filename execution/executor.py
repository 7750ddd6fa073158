"""The two executors: an operation, its variables and a context in, a result out."""

from collections.abc import Mapping
from inspect import isawaitable
from typing import Any, Generic, Literal, TypeVar
from weakref import WeakKeyDictionary

from graphql import ExecutionResult, FieldNode, OperationType, execute
from graphql.execution.values import get_variable_values
from strawberry.schema import Schema
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from execution.awaiting import is_awaitable
from execution.breadth_first import execute_breadth_first
from execution.documents import PreparedOperation
from execution.limits import Limits
from execution.permissions import Forbidden, refusing
from execution.plan import OperationPlan
from execution.selections import fragments_of, selections_of
from execution.state import ExecutionState

ContextT = TypeVar("ContextT")

ExecutorName = Literal["levels", "core"]


class Executor(Generic[ContextT]):
    """Executes operations by graphql-core, which resolves each field of each object on its own."""

    def __init__(self, schema: Schema, limits: Limits) -> None:
        self._schema = schema
        self._limits = limits

    def chosen(self, operation: PreparedOperation, variables: Mapping[str, Any]) -> ExecutorName:
        """The executor that will execute the operation: this one, or one it delegates to."""
        return "core"

    async def __call__(
        self,
        operation: PreparedOperation,
        variables: dict[str, Any],
        context: ContextT,
        forbidden: Forbidden,
    ) -> ExecutionResult:
        """Execute the operation. Forbidden fields are null with an error and not resolved.

        A result without data whose errors have no path is a request error: the variables do not
        fit, and nothing was executed.
        """
        result = execute(
            self._schema._schema,
            operation.document,
            context_value=context,
            variable_values=variables,
            operation_name=operation.name,
            middleware=[refusing(forbidden)] if forbidden else None,
            max_coercion_errors=self._limits.variable_errors,
            executor_class=self._schema.execution_context_class,
            is_awaitable=is_awaitable,
            hide_suggestions=self._schema.config.disable_field_suggestions,
            operation_extensions=None,
        )
        return await result if isawaitable(result) else result


class BreadthFirstExecutor(Executor[ContextT]):
    """Resolves each field once for all objects of its level.

    Delegates to graphql-core: introspection, subscriptions, and `@skip` or `@include` with null.
    """

    def __init__(self, schema: Schema, limits: Limits) -> None:
        super().__init__(schema, limits)
        # Plans live as long as their documents are cached.
        self._plans: WeakKeyDictionary[PreparedOperation, OperationPlan | None] = (
            WeakKeyDictionary()
        )

    def chosen(self, operation: PreparedOperation, variables: Mapping[str, Any]) -> ExecutorName:
        plan = self._plan(operation)
        # A default lets `@skip(if: $v)` be null. That is an error wherever the field stands.
        if plan is None or any(
            variables.get(name, True) is None for name in plan.condition_variables
        ):
            return "core"
        return "levels"

    async def __call__(
        self,
        operation: PreparedOperation,
        variables: dict[str, Any],
        context: ContextT,
        forbidden: Forbidden,
    ) -> ExecutionResult:
        plan = self._plan(operation)
        if plan is None or self.chosen(operation, variables) == "core":
            return await super().__call__(operation, variables, context, forbidden)
        hide_suggestions = self._schema.config.disable_field_suggestions
        coerced = get_variable_values(
            self._schema._schema,
            operation.node.variable_definitions or (),
            variables,
            max_errors=self._limits.variable_errors,
            hide_suggestions=hide_suggestions,
        )
        if isinstance(coerced, list):
            return ExecutionResult(None, coerced)
        return await execute_breadth_first(
            ExecutionState(plan, coerced, context, forbidden, hide_suggestions=hide_suggestions)
        )

    def _plan(self, operation: PreparedOperation) -> OperationPlan | None:
        """The operation's plan; None if graphql-core executes it."""
        try:
            return self._plans[operation]
        except KeyError:
            plan = OperationPlan(self._schema, operation) if self._covers(operation) else None
            self._plans[operation] = plan
            return plan

    def _covers(self, operation: PreparedOperation) -> bool:
        if operation.type is OperationType.SUBSCRIPTION:
            return False
        if self._schema.execution_context_class is not StrawberryGraphQLCoreExecutionContext:
            return False
        return not any(
            isinstance(selection, FieldNode) and selection.name.value in {"__schema", "__type"}
            for selection in selections_of(operation.node, fragments_of(operation.document))
        )


def create_executor(schema: Schema, limits: Limits, name: ExecutorName) -> Executor[Any]:
    """The executor with that name."""
    return (BreadthFirstExecutor if name == "levels" else Executor)(schema, limits)
