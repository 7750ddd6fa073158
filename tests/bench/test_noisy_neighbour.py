"""The hostile client: its attacks are bounded, and each meets the limit that it is about."""

from collections.abc import Callable

import orjson
import pytest

from bench.attacks import ATTACKS, Attack, Outcome, run
from bench.figures import Round
from bench.noisy_neighbour import Duel, markdown
from execution.limits import Limits
from tests.execution.support import KEY, only_error, serve
from tests.server.test_audit import running


@pytest.mark.parametrize("name", [name for name in ATTACKS if name != "slow"])
def test_an_attack_is_of_a_bounded_number_and_every_request_is_answered(name: str) -> None:
    with running(serve()) as url:
        port = int(url.split(":")[2].partition("/")[0])
        outcome = run(Attack(name=name, port=port, key=KEY, seconds=60, per_second=1_000, most=3))
    assert sum(outcome.answers.values()) == 3
    assert {answer[0] for answer in outcome.answers} == {"4"}


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("fragments", "fields"),
        ("aliases", "tokens"),
        ("conflicts", "repeats"),
        ("variables", "variableValues"),
    ],
)
async def test_an_attack_meets_the_limit_that_it_is_about(name: str, limit: str) -> None:
    make: Callable[[int], bytes] = ATTACKS[name][1]
    response = await serve(Limits()).send(make(1))
    limits = {error["extensions"].get("limit") for error in response.json()["errors"]}
    assert limit in limits
    assert response.status_code in {200, 400}


async def test_broken_bodies_are_refused_as_such() -> None:
    for name in ("utf8", "json"):
        response = await serve().send(ATTACKS[name][1](1))
        assert only_error(response)["extensions"]["code"] in {"BAD_REQUEST", "LIMIT_EXCEEDED"}


def test_every_request_of_an_attack_is_another_one_unless_it_repeats_itself_on_purpose() -> None:
    for name, (_, make) in ATTACKS.items():
        assert (make(1) == make(2)) is (name in {"dearest", "slow"})


def test_the_table_shows_what_the_careful_client_noticed() -> None:
    def a_round(latency: float) -> Round:
        return Round(
            requests=3,
            seconds=1,
            p50=latency,
            p95=2 * latency,
            p99=3 * latency,
            generator_cpu=0,
            response_bytes=1,
        )

    duel = Duel(
        title="aliases",
        alone=[a_round(2)],
        attacked=[a_round(5)],
        outcomes=[Outcome(answers={"400 tokens": 7}, slowest=9)] * 2,
    )
    last = markdown([duel], 50).splitlines()[-1]
    cells = [cell.strip() for cell in last.strip("|").split("|")]
    assert cells == ["aliases", "2.00", "5.00", "2.50", "2.50", "9.00", "400 tokens: 14"]
    assert orjson.loads(ATTACKS["slow"][1](1))["query"].startswith("{ __typename }")
