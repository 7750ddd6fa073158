"""Both executors give the same data, byte for byte, and the same place and code of each error.

Random documents are asked of the product's own schema over a seeded order book. In a part of them
resolvers fail for some of their objects, and scopes are lacking.
"""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from random import Random
from typing import Any
from zlib import crc32

import pytest
import strawberry
from graphql import ExecutionResult, GraphQLField, GraphQLObjectType
from sqlalchemy import func, select

import schema as product
import seeding
from auth.oauth_scopes import READ_SCOPES
from auth.principal import Principal, PrincipalKind
from db.ids import new_id
from db.models import Contract, Customer, Offer, Order, Product, Tenant
from db.rows import model_of
from db.scope.tenant_scope import TenantScope
from db.session import Database
from execution.documents import DocumentCache, PreparedOperation
from execution.executor import BreadthFirstExecutor, Executor
from execution.limits import Limits
from execution.permissions import Forbidden, Permissions
from resolvers.context import Context
from resolvers.ids import global_id
from server.responses import encoded
from tests.graph.documents import Documents, Request
from tests.graph.factory import NOW
from tests.graph.walk import SCHEMA

ASKED = int(os.environ.get("PARTNERGRAPH_TEST_DOCUMENTS", "30"))
"""Documents on each database. Each run uses the same ones."""
LIMITS = Limits()
_LOOKED_UP = (Order, Offer, Contract, Customer, Tenant, Product)
_ODDS = 3
"""A failing resolver fails for one object in so many."""


class FailedError(Exception):
    """The error of a failing resolver."""


@dataclass
class Dataset:
    database: Database
    principal: Principal
    documents: Documents

    async def answers(
        self, served: strawberry.Schema, request: Request, granted: frozenset[Any] = READ_SCOPES
    ) -> tuple[ExecutionResult, ExecutionResult]:
        """By levels, and by graphql-core."""
        document = DocumentCache(served, LIMITS).get(request.query)
        assert document.errors == (), request
        operation = document.operation(request.operation)
        permissions = Permissions(served._schema, product.needs(served))
        forbidden = permissions.forbidden(operation, granted, request.variables)
        levels: Executor[Any] = BreadthFirstExecutor(served, LIMITS)
        return (
            await self._answer(levels, operation, request.variables, forbidden),
            await self._answer(Executor(served, LIMITS), operation, request.variables, forbidden),
        )

    async def _answer(
        self,
        execute: Executor[Any],
        operation: PreparedOperation,
        variables: dict[str, Any],
        forbidden: Forbidden,
    ) -> ExecutionResult:
        async with Context(
            principal=self.principal,
            database=self.database,
            quota=lambda: None,
            now=lambda: NOW,
        ) as context:
            return await execute(operation, variables, context, forbidden)


@pytest.fixture(scope="module")
async def dataset(shared_database_url: str) -> AsyncIterator[Dataset]:
    database = Database(shared_database_url)
    try:
        await seeding.seed(database, orders=300, seed=1)
        async with database.read(TenantScope.carrier()) as session:
            most = select(Order.root_tenant_id).group_by(Order.root_tenant_id)
            root = await session.scalar(most.order_by(func.count().desc()).limit(1)) or 0
            number = await session.scalar(select(Tenant.number).where(Tenant.id == root)) or ""
        scope = TenantScope.tree(root)
        pool: dict[str, list[Any]] = {"ID": ["ord_none"], "references": ["nobody's"]}
        async with database.read(scope) as session:
            for model in _LOOKED_UP:
                rows: list[Any] = list(await session.entities(select(model).limit(5)))
                pool[f"Query.{model.__name__.lower()}.number"] = [row.number for row in rows]
                pool["ID"] += [global_id(row) for row in rows]
                pool["references"] += [row.number for row in rows]
        principal = Principal(
            kind=PrincipalKind.API_CLIENT,
            client_id=new_id(),
            client_name="CRM",
            account=f"{number}/CRM",
            token_id="token",
            tenant_id=root,
            tenant_number=number,
            tenant_scope=scope,
            scopes=READ_SCOPES,
            expires_at=None,
        )
        yield Dataset(database, principal, Documents(SCHEMA, pool))
    finally:
        await database.close()


@pytest.mark.parametrize("seed", range(ASKED))
async def test_a_random_document_is_answered_alike(dataset: Dataset, seed: int) -> None:
    request = dataset.documents.request(Random(seed))
    assert_alike(*await dataset.answers(PRODUCT, request), request)


@pytest.mark.parametrize("seed", range(ASKED))
async def test_a_document_is_answered_alike_where_resolvers_fail(
    dataset: Dataset, seed: int
) -> None:
    random = Random(seed)
    request = dataset.documents.request(random)
    granted = frozenset(each for each in READ_SCOPES if random.random() < 0.8)
    assert_alike(*await dataset.answers(failing(random), request, granted), request)


PRODUCT = product.build_schema()


def failing(random: Random) -> strawberry.Schema:
    """The product's schema with fields that fail for some objects, under either executor."""
    # A new schema, because it is changed.
    served = product.build_schema.__wrapped__()
    for kind in served._schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            for name, field in kind.fields.items():
                if random.random() < 0.1:
                    _let_fail(f"{kind.name}.{name}", field)
    return served


def _let_fail(name: str, field: GraphQLField) -> None:
    resolve = field.resolve
    assert resolve is not None

    def maybe(source: Any, info: Any, **arguments: Any) -> Any:
        if crc32(f"{name} {_name_of(source)}".encode()) % _ODDS == 0:
            raise FailedError(name)
        return resolve(source, info, **arguments)

    field.resolve = maybe
    # What is not Strawberry's own is called for each object by both.
    field.extensions = {}


def _name_of(source: Any) -> str:
    """A value that is equal for the same object, however it was loaded."""
    identity = getattr(source, "id", None) or getattr(source, "number", None)
    return f"{model_of(source).__name__} {identity}"


def assert_alike(levels: ExecutionResult, core: ExecutionResult, request: Request) -> None:
    assert encoded(levels.data) == encoded(core.data), request
    assert _told(levels) == _told(core), request


def _told(result: ExecutionResult) -> list[str]:
    """What errors say. Of those whose null has spread, several may have been first: only that
    there was one is told, and where."""
    exact: list[str] = []
    spread: set[str] = set()
    for error in result.errors or ():
        if error.path is None:
            exact.append(f"{error.message} {error.locations}")
            continue
        nulled = _nulled(result.data, error.path)
        if nulled == error.path:
            exact.append(f"{nulled} {error.message} {error.extensions} {error.locations}")
        else:
            spread.add(f"below {nulled}")
    return sorted([*exact, *spread])


def _nulled(data: Any, path: list[str | int]) -> list[str | int]:
    for length, step in enumerate(path):
        if data is None:
            return path[:length]
        data = data[step]
    return path
