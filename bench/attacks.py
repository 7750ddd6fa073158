"""The hostile client of `bench.noisy_neighbour`, in a process of its own.

    python -m bench.attacks < attack.json > outcome.json

An attack begins requests at a fixed rate, whether or not earlier ones were answered. It is bounded
by time and number, and only ever reaches the loopback interface.
"""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass

import orjson
import uvloop

from bench.load import HOST

ANSWER_SECONDS = 30.0
SLOW_PIECES = 200
SLOW_PAUSE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """What to send. Ends after `seconds` or `most` requests, whichever comes first."""

    name: str
    port: int
    key: str
    seconds: float
    per_second: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How the server answered an attack."""

    answers: dict[str, int]
    """Number of answers by status and code, like "400 cost"."""
    slowest: float
    """Milliseconds to the last byte of the slowest answer; 0 for bodies sent byte by byte."""


def _request(query: str, variables: object = None) -> bytes:
    return orjson.dumps({"query": query, "variables": variables})


def _fragments(number: int) -> bytes:
    """Each fragment spreads the next one twice: 2 to the power of 60 fields."""
    spreads = [
        f"fragment F{i} on Order {{ customer {{ id }} ...F{i + 1} ...F{i + 1} }}" for i in range(60)
    ]
    query = f"query N{number} {{ orders {{ nodes {{ ...F0 }} }} }}"
    return _request("\n".join([query, *spreads, "fragment F60 on Order { number }"]))


def _aliases(number: int) -> bytes:
    fields = " ".join(f"a{i}:__typename" for i in range(10_000))
    return _request(f"query N{number} {{ {fields} }}")


def _conflicts(number: int) -> bytes:
    """The most tokens allowed, which validation compares with each other."""
    return _request(f"query N{number} {{ orders {{ nodes {{ {'number ' * 480} }} }} }}")


def _deep_lists(number: int) -> bytes:
    page = "orders(first: 250) { nodes { customer {"
    return _request(f"query N{number} {{ {page * 3} name {'} } } ' * 3} }}")


def _dearest(_number: int) -> bytes:
    """The highest cost allowed, with the same text each time."""
    return _request(
        "query Dearest { customers(first: 99) { nodes { orders(first: 50) { nodes {"
        " number product { name } } } } } }"
    )


def _variables(number: int) -> bytes:
    query = "query V($status: [OrderStatus!]) { orders(filter: {status: $status}) { totalCount } }"
    return _request(query, {"status": ["ERROR"] * 25_000, f"n{number}": None})


def _not_utf8(number: int) -> bytes:
    return b'{"query": "' + b"\xff\xfe" * 100_000 + b'", "n": %d}' % number


def _deep_json(number: int) -> bytes:
    return b'{"query": "{ __typename }", "variables": ' + b'{"a":' * 50_000 + b"%d" % number


ATTACKS: dict[str, tuple[str, Callable[[int], bytes]]] = {
    "fragments": ("nested fragments, 2^60 fields", _fragments),
    "aliases": ("10,000 aliases", _aliases),
    "conflicts": ("1,000 fields with one name", _conflicts),
    "lists": ("lists in lists, 250^3", _deep_lists),
    "dearest": ("the most expensive operation allowed", _dearest),
    "variables": ("25,000 values in variables", _variables),
    "utf8": ("200 kB of invalid UTF-8", _not_utf8),
    "json": ("JSON 50,000 deep", _deep_json),
    "slow": ("bodies a byte at a time", lambda _number: _request("{ __typename }" + " " * 150)),
}


def run(attack: Attack) -> Outcome:
    """Run an attack in this process."""
    return uvloop.run(_run(attack))


async def _run(attack: Attack) -> Outcome:
    answers: Counter[str] = Counter()
    times: list[float] = []
    _, body = ATTACKS[attack.name]
    slow = attack.name == "slow"
    started = time.perf_counter()
    tasks = []
    for number in range(attack.most):
        due = started + number / attack.per_second
        if due - started > attack.seconds:
            break
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        sending = _slow(attack, body(number)) if slow else _send(attack, body(number), times)
        tasks.append(asyncio.create_task(sending))
    answers.update(await asyncio.gather(*tasks))
    return Outcome(answers=dict(answers.most_common()), slowest=max(times, default=0.0))


async def _send(attack: Attack, body: bytes, times: list[float]) -> str:
    started = time.perf_counter()
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            reader, writer = await asyncio.open_connection(HOST, attack.port)
            writer.write(_head(attack, len(body)) + body)
            answer = await reader.read()
            writer.close()
    except TimeoutError:
        return "no answer"
    except OSError:
        return "closed"
    times.append((time.perf_counter() - started) * 1000)
    return _kind(answer)


async def _slow(attack: Attack, body: bytes) -> str:
    """Send a body byte by byte, until an answer comes or the attack ends."""
    try:
        reader, writer = await asyncio.open_connection(HOST, attack.port)
        writer.write(_head(attack, len(body)))
        answer = asyncio.create_task(reader.read())
        for i in range(min(len(body), SLOW_PIECES)):
            writer.write(body[i : i + 1])
            done, _ = await asyncio.wait([answer], timeout=SLOW_PAUSE)
            if done:
                return _kind(answer.result())
        answer.cancel()
        writer.close()
    except OSError:
        return "closed"
    return "no answer"


def _head(attack: Attack, length: int) -> bytes:
    return (
        f"POST /graphql HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {attack.key}\r\n"
        "Accept: application/graphql-response+json\r\nContent-Type: application/json\r\n"
        f"Connection: close\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


def _kind(answer: bytes) -> str:
    """Return the status and the limit or code that the answer names, like "400 cost"."""
    status = answer[9:12].decode() or "closed"
    for field in (b'"limit":"', b'"code":"'):
        _, separator, rest = answer.partition(field)
        if separator:
            reason, _, _ = rest.partition(b'"')
            return f"{status} {reason.decode()}"
    return status


def main() -> None:
    """Read an attack from standard input and write its outcome to standard output."""
    attack = Attack(**orjson.loads(sys.stdin.buffer.read()))
    sys.stdout.buffer.write(orjson.dumps(asdict(run(attack))))


if __name__ == "__main__":
    main()
