"""Limits of what a client may do at once, and of what an answer repeats."""

import asyncio
from collections.abc import Callable

import pytest
import strawberry
from starlette.types import Message

from server.limits import ServerLimits
from tests.execution.support import (
    KEY,
    OTHER_KEY,
    Served,
    data,
    only_error,
    serve,
)

BODY: Message = {"type": "http.request", "body": b'{"query": "{ hello }"}', "more_body": False}


class Waiting:
    """Requests that were let in and whose bodies have not arrived yet."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self._arrive = asyncio.Event()
        self._tasks: list[asyncio.Task[int]] = []

    async def begin(self, key: str = KEY) -> None:
        reading = asyncio.Event()

        async def receive() -> Message:
            reading.set()
            await self._arrive.wait()
            return BODY

        self._tasks.append(asyncio.create_task(self._request(key, receive)))
        await reading.wait()

    async def end(self) -> list[int]:
        """Their statuses."""
        self._arrive.set()
        return await asyncio.gather(*self._tasks)

    async def _request(self, key: str, receive: Callable[[], object]) -> int:
        statuses: list[int] = []

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        headers = [
            (b"content-type", b"application/json"),
            (b"authorization", f"Bearer {key}".encode()),
        ]
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/graphql",
            "query_string": b"",
            "headers": headers,
        }
        await self._served.app(scope, receive, send)  # type: ignore[arg-type]
        return statuses[0]


async def _never() -> int:
    await asyncio.Event().wait()
    return 1


@strawberry.type
class Object:
    number: int = 1


@strawberry.type
class Slow:
    never: int = strawberry.field(resolver=_never)


async def test_a_client_beyond_its_requests_at_once_is_told_to_wait(
    serving: Callable[[ServerLimits], Served],
) -> None:
    served = serving(ServerLimits(concurrent=2))
    waiting = Waiting(served)
    await waiting.begin()
    await waiting.begin()
    response = await served.ask("{ hello }")
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "1"
    assert only_error(response)["extensions"] == {
        "code": "RATE_LIMITED",
        "limit": "concurrent",
        "maximum": 2,
        "retryAfterSeconds": 1,
    }
    assert await waiting.end() == [200, 200]
    assert data(await served.ask("{ hello }")) == {"hello": "hello world"}


async def test_one_client_does_not_take_the_place_of_another(
    serving: Callable[[ServerLimits], Served],
) -> None:
    served = serving(ServerLimits(concurrent=1))
    waiting = Waiting(served)
    await waiting.begin(OTHER_KEY)
    data(await served.ask("{ hello }"))
    assert await waiting.end() == [200]


async def test_what_a_client_runs_at_once_costs_no_more_than_one_operation_may() -> None:
    started, may_end = asyncio.Event(), asyncio.Event()

    async def hold() -> Object:
        started.set()
        await may_end.wait()
        return Object()

    @strawberry.type
    class Query:
        held: Object = strawberry.field(resolver=hold)
        object: Object = strawberry.field(resolver=Object)

    served = serve(ServerLimits(cost=3), served_schema=strawberry.Schema(Query))
    running = asyncio.create_task(served.ask("{ held { number } }"))
    await started.wait()
    response = await served.ask("{ object { number } }")
    assert response.status_code == 429
    assert only_error(response)["extensions"]["limit"] == "concurrentCost"
    data(await served.ask("{ __typename }"))
    may_end.set()
    data(await running)
    data(await served.ask("{ object { number } }"))


async def test_new_documents_of_one_client_wait_for_each_other_and_not_for_anothers() -> None:
    served = serve()
    preparing = served.endpoint.admission.preparing
    async with preparing("acme"):
        waiting = asyncio.create_task(served.ask("{ hello }"))
        served.http.headers["Authorization"] = f"Bearer {OTHER_KEY}"
        data(await served.ask("{ locale }"))
        assert served.endpoint.engine.documents.prepared == 1
    data(await waiting)
    assert served.endpoint.engine.documents.prepared == 2


async def test_a_failed_request_gives_its_place_back(
    serving: Callable[[ServerLimits], Served],
) -> None:
    served = serving(ServerLimits(concurrent=1))
    assert (await served.send(b"{")).status_code == 400
    served.application.fails = "open"
    assert (await served.ask("{ hello }")).status_code == 500
    served.application.fails = None
    data(await served.ask("{ hello }"))


@pytest.mark.parametrize(
    "selection",
    ["name " * 3, "... { name } ... { ... { name } } name", "a: name a: child { name } a"],
)
async def test_a_selection_names_a_field_only_so_often(
    serving: Callable[[ServerLimits], Served], selection: str
) -> None:
    served = serving(ServerLimits(repeats=2))
    error = only_error(await served.ask(f"{{ thing {{ {selection} }} }}"))
    assert error["extensions"] == {
        "code": "LIMIT_EXCEEDED",
        "limit": "repeats",
        "actual": 3,
        "maximum": 2,
    }
    data(await served.ask("{ thing { name child { name } name } }"))


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
async def test_an_operation_that_takes_too_long_is_cancelled(accept: str) -> None:
    served = serve(ServerLimits(request_seconds=0.01), served_schema=strawberry.Schema(Slow))
    response = await served.ask("{ never }", accept=accept)
    assert response.status_code == 200
    assert response.json()["data"] is None
    assert only_error(response)["extensions"]["code"] == "TIMEOUT"
    assert served.events == ["authenticated", "opened", "closed"]


async def test_an_answer_reports_so_many_errors_and_how_many_there_were(
    serving: Callable[[ServerLimits], Served],
) -> None:
    served = serving(ServerLimits(errors=3))
    response = await served.ask(f"{{ {' '.join(f'a{i}: refused' for i in range(5))} }}")
    errors = response.json()["errors"]
    assert [error["path"] for error in errors[:3]] == [["a0"], ["a1"], ["a2"]]
    assert errors[3]["message"] == "5 errors occurred, the first 3 are shown (limit: errors)."
    assert errors[3]["extensions"] == {
        "code": "LIMIT_EXCEEDED",
        "limit": "errors",
        "actual": 5,
        "maximum": 3,
    }
    assert len(errors) == 4


async def test_exceeded_limits_of_many_operations_are_not_all_reported(
    serving: Callable[[ServerLimits], Served],
) -> None:
    query = " ".join(f"query Q{i} {{ a: hello b: hello }}" for i in range(60))
    response = await serving(ServerLimits(errors=5, aliases=1)).ask(query, operation="Q1")
    assert len(response.json()["errors"]) == 6


@pytest.mark.parametrize(
    "variables",
    [
        {"value": ["x"] * 10},
        {"value": {str(i): i for i in range(10)}},
        {"value": [[[]]] * 5},
        {f"unused{i}": None for i in range(11)},
    ],
)
async def test_variables_hold_so_many_values(
    serving: Callable[[ServerLimits], Served], variables: dict[str, object]
) -> None:
    query = "query Q($value: JSON) { echo(value: $value) }"
    error = only_error(await serving(ServerLimits(variable_values=10)).ask(query, variables))
    assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
    assert error["extensions"]["limit"] == "variableValues"
    assert error["extensions"]["maximum"] == 10


async def test_as_many_values_as_allowed_are_served(
    serving: Callable[[ServerLimits], Served],
) -> None:
    query = "query Q($value: JSON!) { echo(value: $value) }"
    response = await serving(ServerLimits(variable_values=10)).ask(query, {"value": ["x"] * 9})
    assert data(response) == {"echo": ["x"] * 9}
