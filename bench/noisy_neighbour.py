"""Measures what a careful client notices of a hostile one on the same server."""

import asyncio
import subprocess
import sys
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from statistics import median

import httpx
import orjson

from auth.admin import credentials
from bench.attacks import ATTACKS, Attack, Outcome
from bench.database import Prepared
from bench.figures import Round, shown, table
from bench.load import Plan, generate
from bench.measuring import Progress, series_of
from bench.scenarios import one_order
from bench.serving import Server
from db.session import Database

MOST_IN_FLIGHT_SECONDS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Duel:
    """The careful client's rounds without and with one kind of attack."""

    title: str
    alone: list[Round] = field(default_factory=list)
    attacked: list[Round] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)


def noisy_neighbour(
    server: Server,
    prepared: Prepared,
    *,
    rounds: int,
    seconds: float,
    per_second: int,
    progress: Progress,
) -> str:
    """Run every attack in each round, at `per_second` requests, and return a table."""
    duels = {name: Duel(title=title) for name, (title, _) in ATTACKS.items()}
    client_keys = iter(_keys(prepared, 3 * rounds * len(duels)))
    with server.client(prepared.key) as client:
        careful = one_order(client)

    def plan() -> Plan:
        series = series_of(careful, port=server.port, key=next(client_keys), connections=1)
        return series.plan(seconds)

    for number in range(rounds):
        for position, (name, duel) in enumerate(duels.items(), 1):
            duel.alone.append(generate(plan()))
            attack = Attack(
                name=name,
                port=server.port,
                key=next(client_keys),
                # It begins before the careful client and ends after it.
                seconds=seconds + 1,
                per_second=per_second,
                most=int(per_second * (seconds + 1)),
            )
            with _attacking(attack) as attacker:
                duel.attacked.append(generate(plan()))
                output, _ = attacker.communicate(timeout=seconds + MOST_IN_FLIGHT_SECONDS)
            # Waits for work that the attack has left, which must not disturb the next one.
            httpx.get(f"http://127.0.0.1:{server.port}/readyz", timeout=60)
            duel.outcomes.append(Outcome(**orjson.loads(output)))
            progress(number * len(duels) + position, rounds * len(duels))
    return markdown(list(duels.values()), per_second)


def _keys(prepared: Prepared, number: int) -> list[str]:
    """Return keys of that many clients, so that no round spends the points of another."""

    async def create() -> list[str]:
        now = datetime.now(UTC)
        async with Database(prepared.url) as database:
            return [
                (
                    await credentials.create_key(
                        database,
                        tenant_number=prepared.tenant,
                        client_name=f"noisy neighbour {client}",
                        now=now,
                    )
                ).secret
                for client in range(number)
            ]

    return asyncio.run(create())


def _attacking(attack: Attack) -> "subprocess.Popen[bytes]":
    """Start an attack in a process of its own, which writes its outcome to standard output."""
    attacker = subprocess.Popen(
        [sys.executable, "-m", "bench.attacks"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert attacker.stdin is not None
    attacker.stdin.write(orjson.dumps(asdict(attack)))
    attacker.stdin.close()
    attacker.stdin = None
    return attacker


def markdown(duels: list[Duel], per_second: int) -> str:
    """Return a table of what the careful client noticed, and how the attacks were answered."""
    header = ["attack", "p50 ms alone", "attacked", "ratio", "p95 ratio", "slowest ms", "answers"]
    return (
        "A careful client sends one request after the other for a single order. At the same time a "
        f"hostile client begins {per_second} requests a second. The last columns are the hostile "
        f"client's: its slowest answer, and its answers.\n\n{table(header, map(_row, duels))}"
    )


def _row(duel: Duel) -> list[str]:
    answers: Counter[str] = Counter()
    for outcome in duel.outcomes:
        answers.update(outcome.answers)
    alone, attacked = (
        median(load.p50 for load in rounds) for rounds in (duel.alone, duel.attacked)
    )
    p95_alone, p95_attacked = (
        median(load.p95 for load in rounds) for rounds in (duel.alone, duel.attacked)
    )
    return [
        duel.title,
        shown(alone),
        shown(attacked),
        f"{attacked / alone:.2f}",
        f"{p95_attacked / p95_alone:.2f}",
        shown(max(outcome.slowest for outcome in duel.outcomes)),
        ", ".join(f"{kind}: {count:,}" for kind, count in answers.most_common()),
    ]
