"""Scopes of inputs: a field is forbidden where a document uses one without its scope."""

from enum import Enum
from typing import Any

import pytest
import strawberry

from execution.documents import DocumentCache, PreparedOperation
from execution.input_permissions import Needs
from execution.limits import Limits
from execution.permissions import NOTHING_FORBIDDEN, Permissions
from tests.execution.support import KEY, Caller, only_error, serve


@strawberry.enum
class Order(Enum):
    PLAIN = "plain"
    HIDDEN = "hidden"


@strawberry.input
class Inner:
    plain: str | None = None
    secret: str | None = None
    inners: list["Inner"] | None = None


@strawberry.input
class Outer:
    inner: Inner | None = None
    orders: list[Order] | None = None


_CALLS: list[str] = []


@strawberry.interface
class Named:
    @strawberry.field
    def name(self, secret: int | None = None) -> str | None:
        return "name"


@strawberry.type
class Item(Named):
    pass


@strawberry.type
class Query:
    @strawberry.field
    def items(
        self,
        filter: Outer | None = None,
        filters: list[Outer] | None = None,
        order: Order = Order.PLAIN,
        secret: int | None = None,
        limit: int = 1,
    ) -> int | None:
        _CALLS.append("items")
        return 1

    @strawberry.field
    def named(self) -> Named | None:
        return Item()


SCHEMA = strawberry.Schema(Query, types=[Item])
NEEDS: Needs = {
    ("Inner", "secret"): frozenset({"inner"}),
    ("Order", "HIDDEN"): frozenset({"order"}),
    ("Query", "items", "secret"): frozenset({"argument"}),
    ("Item", "name", "secret"): frozenset({"item"}),
}

USES: list[tuple[str, dict[str, Any], str]] = [
    ("{ items(secret: 1) }", {}, "argument"),
    ("query ($v: Int) { items(secret: $v) }", {"v": 1}, "argument"),
    ("query ($v: Int) { items(secret: $v) }", {"v": 0}, "argument"),
    ("query ($v: Int = 5) { items(secret: $v) }", {}, "argument"),
    ('{ items(filter: {inner: {secret: ""}}) }', {}, "inner"),
    ('{ items(filter: {inner: {inners: [{plain: ""}, {secret: "a"}]}}) }', {}, "inner"),
    ('{ items(filter: {inner: {inners: {secret: "a"}}}) }', {}, "inner"),
    ('{ items(filters: {inner: {secret: "a"}}) }', {}, "inner"),
    ("query ($v: String) { items(filter: {inner: {secret: $v}}) }", {"v": "a"}, "inner"),
    ('query ($v: String = "a") { items(filter: {inner: {secret: $v}}) }', {}, "inner"),
    ("query ($v: Inner) { items(filter: {inner: $v}) }", {"v": {"secret": "a"}}, "inner"),
    ("query ($v: Outer) { items(filter: $v) }", {"v": {"inner": {"secret": "a"}}}, "inner"),
    (
        "query ($v: Outer) { items(filter: $v) }",
        {"v": {"inner": {"inners": [{"inners": {"secret": "a"}}]}}},
        "inner",
    ),
    ('query ($v: Outer = {inner: {secret: "a"}}) { items(filter: $v) }', {}, "inner"),
    ("query ($v: [Outer!]) { items(filters: $v) }", {"v": {"inner": {"secret": "a"}}}, "inner"),
    ("query ($v: [Outer!]) { items(filters: $v) }", {"v": [{"orders": ["HIDDEN"]}]}, "order"),
    ("{ items(order: HIDDEN) }", {}, "order"),
    ("query ($v: Order!) { items(order: $v) }", {"v": "HIDDEN"}, "order"),
    ("query ($v: Order! = HIDDEN) { items(order: $v) }", {}, "order"),
    ("query ($v: Order!) { items(filter: {orders: [PLAIN, $v]}) }", {"v": "HIDDEN"}, "order"),
    ("query ($v: Int) { ...F } fragment F on Query { items(secret: $v) }", {"v": 1}, "argument"),
    ("{ named { name(secret: 1) } }", {}, "item"),
    ("query ($v: Int) { named { ... on Item { name(secret: $v) } } }", {"v": 1}, "item"),
]
NO_USES: list[tuple[str, dict[str, Any]]] = [
    ("{ items }", {}),
    ("{ items(secret: null) }", {}),
    ("query ($v: Int) { items(secret: $v) }", {}),
    ("query ($v: Int) { items(secret: $v) }", {"v": None}),
    ("query ($v: Int = 5) { items(secret: $v) }", {"v": None}),
    ('{ items(filter: {inner: {plain: "a", secret: null}}) }', {}),
    ("query ($v: String) { items(filter: {inner: {secret: $v}}) }", {}),
    ("query ($v: String) { items(filter: {inner: {secret: $v}}) }", {"v": None}),
    ("query ($v: Outer) { items(filter: $v) }", {"v": {"inner": {"secret": None}}}),
    ("query ($v: Outer) { items(filter: $v) }", {"v": {"inner": {"plain": "a"}}}),
    ('query ($v: Outer = {inner: {secret: "a"}}) { items(filter: $v) }', {"v": {}}),
    ("query ($v: [Outer!]) { items(filters: $v) }", {"v": [{"orders": ["PLAIN"]}]}),
    ("query ($v: Order! = HIDDEN) { items(order: $v) }", {"v": "PLAIN"}),
    ("{ items(order: PLAIN) named { name } }", {}),
]
EVERY_SCOPE = frozenset[str]().union(*NEEDS.values())


def prepared(document: str) -> PreparedOperation:
    ready = DocumentCache(SCHEMA, Limits()).get(document)
    assert ready.errors == ()
    return ready.operation(None)


@pytest.mark.parametrize(("document", "variables", "scope"), USES, ids=str)
async def test_a_field_is_forbidden_where_it_uses_an_input_without_its_scope(
    document: str, variables: dict[str, Any], scope: str
) -> None:
    for by in ("levels", "core"):
        _CALLS.clear()
        keys = {KEY: Caller("acme", scopes=EVERY_SCOPE - {scope})}
        served = serve(served_schema=SCHEMA, needs=NEEDS, by=by, keys=keys)
        body = {"query": document, "variables": variables}
        error = only_error(await served.http.post("/graphql", json=body))
        assert error["extensions"] == {"code": "FORBIDDEN", "scope": scope}
        assert error["path"][-1] in {"items", "name"}
        assert _CALLS == []


@pytest.mark.parametrize(("document", "variables", "scope"), USES, ids=str)
def test_the_scope_of_an_input_is_enough(
    document: str, variables: dict[str, Any], scope: str
) -> None:
    permissions = Permissions(SCHEMA._schema, NEEDS)
    operation = prepared(document)
    assert not permissions.forbidden(operation, frozenset({scope}), variables)
    assert permissions.forbidden(operation, EVERY_SCOPE - {scope}, variables)
    assert scope in permissions.needed(operation)


@pytest.mark.parametrize(("document", "variables"), NO_USES, ids=str)
def test_an_input_that_is_left_out_or_null_needs_nothing(
    document: str, variables: dict[str, Any]
) -> None:
    permissions = Permissions(SCHEMA._schema, NEEDS)
    assert not permissions.forbidden(prepared(document), frozenset(), variables)


async def test_each_use_of_a_field_is_judged_by_itself() -> None:
    document = """query ($v: Int, $w: Int) {
      a: items b: items(secret: 1) c: items(secret: $v) d: items(secret: $w)
    }"""
    variables = {"v": 1, "w": None}
    operation = prepared(document)
    permissions = Permissions(SCHEMA._schema, NEEDS)
    forbidden = permissions.forbidden(operation, frozenset(), variables)
    # The nodes of another document are others.
    assert len(forbidden.nodes) == 2
    for by in ("levels", "core"):
        served = serve(served_schema=SCHEMA, needs=NEEDS, by=by)
        answer = await served.http.post(
            "/graphql", json={"query": document, "variables": variables}
        )
        assert answer.json()["data"] == {"a": 1, "b": None, "c": None, "d": 1}
        assert [error["path"] for error in answer.json()["errors"]] == [["b"], ["c"]]


async def test_skipped_uses_forbid_nothing() -> None:
    document = """query ($no: Boolean!) {
      items(secret: 1) @include(if: $no) ... @include(if: $no) { items(secret: 1) }
      named { __typename }
    }"""
    served = serve(served_schema=SCHEMA, needs=NEEDS)
    answer = await served.http.post(
        "/graphql", json={"query": document, "variables": {"no": False}}
    )
    assert answer.json()["data"] == {"named": {"__typename": "Item"}}


def test_a_document_without_such_inputs_needs_nothing() -> None:
    permissions = Permissions(SCHEMA._schema, NEEDS)
    operation = prepared("query ($v: String) { items(filter: {inner: {plain: $v}}) }")
    assert permissions.needed(operation) == frozenset()
    forbidden = permissions.forbidden(operation, frozenset(), {"v": "a"})
    assert forbidden is NOTHING_FORBIDDEN


async def test_a_variable_that_does_not_fit_is_a_request_error() -> None:
    served = serve(served_schema=SCHEMA, needs=NEEDS)
    values: list[Any] = [{"inner": {"secret": 5}}, {"inner": []}, {"unknown": 1}, 7, ["HIDDEN"]]
    for value in values:
        body = {"query": "query ($v: Outer) { items(filter: $v) }", "variables": {"v": value}}
        answer = (await served.http.post("/graphql", json=body)).json()
        assert "data" not in answer
        assert {each["extensions"]["code"] for each in answer["errors"]} == {"BAD_USER_INPUT"}


@pytest.mark.parametrize("limit", [1, None])
async def test_both_executors_refuse_alike(limit: int | None) -> None:
    document = """query ($limit: Int = 2) {
      a: items(secret: 1) b: items named { name(secret: 3) }
      c: items(secret: 1, limit: $limit) d: items(limit: $limit)
    }"""
    body = {"query": document, "variables": {"limit": limit}}
    answers = []
    for by in ("levels", "core"):
        served = serve(served_schema=SCHEMA, needs=NEEDS, by=by)
        answers.append((await served.http.post("/graphql", json=body)).json())
    assert answers[0] == answers[1]
    codes = [error["extensions"]["code"] for error in answers[0]["errors"]]
    assert codes.count("FORBIDDEN") == (3 if limit else 2)
