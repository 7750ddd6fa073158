"""Who may report, what is no report at all, and what a client may ask for at once and over time."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from auth.admin import credentials
from auth.oauth_scopes import ALLOWED_BY_KIND, OAuthScope
from db.enums import ClientKind
from db.models import Order
from db.scope.tenant_scope import TenantScope
from ordering.unit_of_work import UnitOfWork
from server.limits import ServerLimits
from server.logs import configure_logging
from tests.execution.support import logging_restored
from tests.intake.payloads import NOW, order, party, state
from tests.intake.reporting import Reporter, codes, reporting

CARRIER = TenantScope.carrier()
Serve = Callable[..., AbstractAsyncContextManager[Reporter]]


@pytest.fixture
def served(database_url: str, tmp_path: Path) -> Serve:
    """The application under other limits."""
    return lambda **limits: reporting(database_url, tmp_path, limits=ServerLimits(**limits))


async def _unread() -> AsyncIterator[bytes]:
    yield pytest.fail("the body was read")


async def _post_unread(reporter: Reporter, **headers: str) -> httpx.Response:
    return await reporter.client.http.post(
        "/intake", content=_unread(), headers={"Content-Type": "application/json", **headers}
    )


@pytest.mark.parametrize("key", [None, "pgk_wrong"])
async def test_without_a_right_credential_nothing_is_read(
    reporter: Reporter, key: str | None
) -> None:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    answer = await _post_unread(reporter, **headers)
    assert (answer.status_code, codes(answer)) == (401, ["UNAUTHENTICATED"])
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("kind", ClientKind)
async def test_nobody_reports_without_the_permission(reporter: Reporter, kind: ClientKind) -> None:
    await reporter.take_in.good(order())
    made = await credentials.create_key(
        reporter.client.database,
        kind=kind,
        tenant_number="P-7" if kind is ClientKind.PARTNER else None,
        client_name="other",
        now=NOW,
        scopes=ALLOWED_BY_KIND[kind] - {OAuthScope.PROGRESS_REPORT},
    )
    answer = await _post_unread(reporter, Authorization=f"Bearer {made.secret}")
    assert (answer.status_code, codes(answer)) == (403, ["FORBIDDEN"])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"1",
        b'"abc"',
        b"[]",
        b"{}",
        b"{",
        b"\xff",
        b'{"a": NaN}',
        b'{"a": 1e9999999999999999999}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" * 5_000 + b"]" * 5_000,
    ],
)
async def test_what_holds_no_message_is_a_bad_request(reporter: Reporter, body: bytes) -> None:
    answer = await reporter.post(body)
    assert (answer.status_code, codes(answer)) == (400, ["BAD_REQUEST"])


@pytest.mark.parametrize(
    "headers",
    [
        {"Content_Type": "text/plain"},
        {"Content_Type": "application/json; charset=latin-1"},
        {"Content_Encoding": "gzip"},
    ],
)
async def test_only_plain_json_in_utf8_is_read(reporter: Reporter, headers: dict[str, str]) -> None:
    answer = await reporter.post(order(), **headers)
    assert (answer.status_code, codes(answer)) == (415, ["BAD_REQUEST"])


async def test_only_post_is_allowed(reporter: Reporter) -> None:
    answer = await reporter.client.http.get("/intake")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert codes(answer) == ["BAD_REQUEST"]


async def test_a_body_that_is_too_large_is_refused_before_it_is_read(reporter: Reporter) -> None:
    size = ServerLimits().intake_bytes + 1
    answer = await _post_unread(reporter, **reporter.headers, **{"Content-Length": str(size)})
    assert (answer.status_code, codes(answer)) == (413, ["LIMIT_EXCEEDED"])
    assert answer.json()["errors"][0]["extensions"]["limit"] == "intakeBytes"


async def test_a_body_that_is_late_is_refused(served: Serve) -> None:
    async def never() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    async with served(body_seconds=0.05) as reporter:
        answer = await reporter.client.http.post(
            "/intake",
            content=never(),
            headers=reporter.headers,
        )
    assert (answer.status_code, codes(answer)) == (408, ["LIMIT_EXCEEDED"])


@pytest.mark.parametrize(
    ("limits", "limit"), [({"intake_messages": 3}, "intakeMessages"), ({"cost": 200}, "cost")]
)
async def test_too_many_messages_are_refused_as_a_whole(
    served: Serve, limits: dict[str, int], limit: str
) -> None:
    async with served(**limits) as reporter:
        answer = await reporter.post([order(f"N-{i}") for i in range(4)])
        assert (answer.status_code, codes(answer)) == (413, ["LIMIT_EXCEEDED"])
        assert answer.json()["errors"][0]["extensions"]["limit"] == limit
        assert await reporter.take_in.rows(Order) == []


async def test_a_message_names_only_so_many_errors(served: Serve) -> None:
    items = [{"@type": "ProductOrderItem", "quantity": "x"} for _ in range(20)]
    async with served(errors=5) as reporter:
        answer = await reporter.post(order(productOrderItem=items))
    assert len(answer.json()["results"][0]["errors"]) == 5


async def test_half_a_character_in_a_name_can_be_answered(reporter: Reporter) -> None:
    answer = await reporter.post(b'{"@type": "ProductOrder", "\\ud800": {"a": "\\u0000"}}')
    assert answer.status_code == 422
    [name, value] = answer.json()["results"][0]["errors"]
    assert (name["path"], value["path"]) == ("$", "$['\\ud800'].a")


async def test_an_error_repeats_only_so_much_of_a_message(reporter: Reporter) -> None:
    answer = await reporter.post(order(creationDate="x" * 500_000))
    assert answer.status_code == 422
    assert len(answer.content) < 5_000


async def test_reports_take_points_and_are_refused_without(served: Serve) -> None:
    async with served(rate_points=200, rate_seconds=10_000, cost=200) as reporter:
        first = await reporter.post([order(), order("A-2")])
        assert first.status_code == 200
        assert first.headers["ratelimit-policy"] == '"points";q=200;w=10000'
        again = await reporter.post([order(f"B-{i}") for i in range(3)])
        assert (again.status_code, codes(again)) == (429, ["RATE_LIMITED"])
        assert int(again.headers["retry-after"]) > 0
        assert len(await reporter.take_in.rows(Order)) == 2


async def test_reports_and_queries_of_a_client_are_counted_together(served: Serve) -> None:
    async with served(concurrent=1) as reporter:
        arrive = asyncio.Event()
        begun = asyncio.Event()

        async def body() -> AsyncIterator[bytes]:
            begun.set()
            await arrive.wait()
            yield json.dumps(order()).encode()

        slow = asyncio.create_task(
            reporter.client.http.post("/intake", content=body(), headers=reporter.headers)
        )
        await begun.wait()
        answer = await reporter.client.query("{ __typename }", key=reporter.key)
        assert (answer.response.status_code, answer.codes) == (429, ["RATE_LIMITED"])
        arrive.set()
        assert (await slow).status_code == 200


async def test_what_takes_too_long_is_undone_and_can_be_sent_again(served: Serve) -> None:
    async with served(request_seconds=0.2) as reporter:
        await reporter.take_in.good(order())
        moved = [order("A-2"), state("held", 1)]
        async with reporter.client.database.write(CARRIER) as other:
            await other.execute(update(Order).values(version=5))
            answer = await reporter.post(moved)
        assert (answer.status_code, codes(answer)) == (503, ["TIMEOUT"])
        assert answer.headers["retry-after"] == "1"
        assert [o.number for o in await reporter.take_in.rows(Order)] == ["A-1"]
    async with served() as reporter:
        assert await reporter.outcomes(moved) == ["LOADED", "LOADED"]
        assert (await reporter.take_in.order()).version == 6


async def test_what_the_database_refuses_is_rejected_without_its_words_and_the_rest_is_taken_in(
    reporter: Reporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = UnitOfWork.save

    async def save_strangely(unit: UnitOfWork) -> None:
        if spoilt := unit.orders["N-2"].get(1):
            # No payload gets that far; here the row itself is spoilt.
            spoilt.row.search_orders = None  # type: ignore[assignment]
        await save(unit)

    monkeypatch.setattr(UnitOfWork, "save", save_strangely)
    with logging_restored():
        # As in a server; the default shows the values of all variables, which takes seconds.
        configure_logging()
        answer = await reporter.post([order(f"N-{i}") for i in range(4)])
    assert answer.status_code == 207
    results = answer.json()["results"]
    assert [r["outcome"] for r in results] == ["LOADED", "LOADED", "REJECTED", "LOADED"]
    assert results[2]["errors"] == [
        {
            "code": "REFUSED_BY_DATABASE",
            "message": "the database cannot store what it says",
            "path": "$[2]",
        }
    ]


async def test_an_unexpected_error_is_masked_and_nothing_is_kept(
    reporter: Reporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **options: Any) -> None:
        raise ZeroDivisionError("hunter2")

    monkeypatch.setattr("intake.batch.apply", fail)
    answer = await reporter.post(order())
    assert (answer.status_code, codes(answer)) == (500, ["INTERNAL_SERVER_ERROR"])
    assert "hunter2" not in answer.text
    assert await reporter.take_in.rows(Order) == []


async def test_the_log_has_a_line_with_figures_and_codes_and_no_contents(
    reporter: Reporter,
) -> None:
    log = io.BytesIO()
    with logging_restored():
        configure_logging(stream=log)
        await reporter.post([order(), state("held", 1, "nobody")], X_Request_Id="om-1")
    [line] = [json.loads(line) for line in log.getvalue().splitlines()]
    assert line.pop("milliseconds") > 0
    assert line.pop("statements") > 5
    assert line.pop("timestamp")
    assert line == {
        "event": "intake",
        "level": "info",
        "request_id": "om-1",
        "client": "fulfilment:order management",
        "status": 207,
        "cost": line["cost"],
        "messages": 2,
        "outcomes": {"LOADED": 1, "REJECTED": 1},
        "errors": ["UNKNOWN_ORDER"],
    }


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
_NAMES = ("id", "state", "category", "relatedParty", "productOrderItem", "note", "quote", "@type")
_MESSAGES = st.one_of(
    _JSON,
    st.sampled_from([order(), state("held", 1), party("Kunde", "K-1")]),
    st.builds(lambda name, value: {**order(), name: value}, st.sampled_from(_NAMES), _JSON),
    st.builds(lambda name, value: state("held", 1, **{name: value}), st.just("note"), _JSON),
)


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(content=st.lists(_MESSAGES, min_size=1, max_size=4) | _MESSAGES)
async def test_no_message_however_odd_is_a_server_error(reporter: Reporter, content: Any) -> None:
    answer = await reporter.post(content)
    assert answer.status_code in {200, 207, 400, 422}
    if answer.status_code != 400:
        sent = content if isinstance(content, list) else [content]
        assert len(answer.json()["results"]) == len(sent)
