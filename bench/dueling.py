"""Rounds of a careful client, alone and beside each attack of a hostile one, in turn."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime

import httpx
import orjson

from auth import keys
from bench.hostile import ATTACKS, Attack, Duel, Outcome
from bench.load import Plan
from bench.measuring import one_round
from bench.scenarios import Scenario
from db.session import Database

MOST_REQUESTS = 50_000


def clients(url: str, tenant: str, rounds: int) -> list[str]:
    """Keys of clients of their own for each round, so that none runs out of points: the careful
    client's alone, its key beside an attack, and the attacker's."""

    async def create() -> list[str]:
        database = Database(url)
        now = datetime.now(UTC)
        try:
            return [
                (
                    await keys.create(
                        database, tenant_number=tenant, client_name=f"duel-{n}", now=now
                    )
                ).text
                for n in range(3 * rounds * len(ATTACKS))
            ]
        finally:
            await database.close()

    return asyncio.run(create())


def duel(
    careful: Scenario,
    *,
    port: int,
    keys_of_clients: list[str],
    rounds: int,
    seconds: float,
    per_second: int,
    progress: Callable[[int, int], None],
) -> tuple[list[Duel], Attack]:
    """Every attack, and what the careful client measured meanwhile."""
    duels = [Duel(title=title, alone=[], beside=[], outcomes=[]) for title, _ in ATTACKS.values()]
    remaining = iter(keys_of_clients)
    done = 0

    def plan() -> Plan:
        return Plan(
            port=port,
            path="/graphql",
            key=next(remaining),
            bodies=careful.bodies,
            connections=1,
            seconds=seconds,
            most=MOST_REQUESTS,
        )

    for _ in range(rounds):
        for name, each in zip(ATTACKS, duels, strict=True):
            each.alone.append(one_round(plan()))
            attack = Attack(
                name=name,
                port=port,
                key=next(remaining),
                # It begins before the careful client and ends after it.
                seconds=seconds + 1,
                per_second=per_second,
                most=int(per_second * (seconds + 1)),
            )
            with subprocess.Popen(
                [sys.executable, "-m", "bench.hostile"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            ) as attacker:
                assert attacker.stdin is not None
                attacker.stdin.write(orjson.dumps(asdict(attack)))
                attacker.stdin.close()
                attacker.stdin = None
                each.beside.append(one_round(plan()))
                output, _ = attacker.communicate(timeout=seconds + 120)
            # What the attack has left to be done is not the next one's.
            httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=60)
            each.outcomes.append(Outcome(**orjson.loads(output)))
            done += 1
            progress(done, rounds * len(duels))
    return duels, attack
