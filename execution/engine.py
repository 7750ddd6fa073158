"""The engine of one schema: prepared documents, permissions, and the execute step."""

from typing import Generic, TypeVar

from strawberry.schema import Schema

from execution.documents import DocumentCache
from execution.executor import Executor, ExecutorName, create_executor
from execution.input_permissions import Needs
from execution.limits import Limits
from execution.permissions import Permissions

ContextT = TypeVar("ContextT")


class Engine(Generic[ContextT]):
    """All that a server needs of a schema. The server imports no GraphQL library itself."""

    def __init__(
        self,
        schema: Schema,
        limits: Limits,
        *,
        needs: Needs | None = None,
        executor_name: ExecutorName = "levels",
    ) -> None:
        """`needs` are the scopes that fields and inputs need. Raises ValueError for a schema with
        extensions or operation directives, which are not run."""
        if schema.extensions or schema.directives:
            raise ValueError("Strawberry's extensions and operation directives are not run here.")
        self.limits = limits
        self.documents = DocumentCache(schema, limits)
        self.permissions = Permissions(schema._schema, needs or {})
        self.execute: Executor[ContextT] = create_executor(schema, limits, executor_name)
