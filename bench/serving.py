"""The server under measurement: `partnergraph serve`, one process, its log in a file."""

import json
import os
import socket
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

START_SECONDS = 90


@contextmanager
def process(
    database_url: str,
    log: Path,
    *,
    limited: bool = False,
    environment: Mapping[str, str] | None = None,
    raw: bool = False,
) -> Iterator[tuple[int, int]]:
    """Serve the database in one process on the loopback: the port it listens on, and its id.

    Unless `limited`, no client runs out of points: one stands for many here. `environment` adds
    settings; `raw` serves the ceiling (`bench.raw`) instead of the product.
    """
    port = _free_port()
    variables = {k: v for k, v in os.environ.items() if not k.startswith("PARTNERGRAPH_")}
    variables |= {"PARTNERGRAPH_DATABASE_URL": database_url, **(environment or {})}
    if not limited:
        variables |= {
            "PARTNERGRAPH_LIMITS_RATE_POINTS": "1000000000",
            "PARTNERGRAPH_LIMITS_COST": "1000000",
            "PARTNERGRAPH_LIMITS_CONCURRENT": "1000",
        }
    program = Path(sys.executable).with_name("partnergraph")
    command = [str(program), "serve", "--port", str(port)]
    if raw:
        uvicorn = [sys.executable, "-m", "uvicorn", "--factory", "--no-access-log"]
        command = [*uvicorn, "bench.raw:application", "--port", str(port)]
    with log.open("wb") as output:
        server = subprocess.Popen(command, env=variables, stdout=output, stderr=output)
    try:
        _wait_until_ready(server, port, log)
        yield port, server.pid
    except BaseException:
        sys.stderr.write(_tail(log))
        raise
    finally:
        server.terminate()
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


@contextmanager
def serving(
    database_url: str,
    log: Path,
    *,
    limited: bool = False,
    environment: Mapping[str, str] | None = None,
    raw: bool = False,
) -> Iterator[int]:
    """The same for those who need no more than the port."""
    with process(database_url, log, limited=limited, environment=environment, raw=raw) as (port, _):
        yield port


def statements(log: Path) -> dict[str, str]:
    """Statements per request by operation, from the server's own log: "6", or "6-7"."""
    counts: defaultdict[str, set[int]] = defaultdict(set)
    with log.open() as lines:
        for line in lines:
            if '"event":"operation"' in line:
                entry = json.loads(line)
                counts[entry["operation"]].add(entry["statements"])
    return {
        name: "-".join(str(each) for each in dict.fromkeys((min(seen), max(seen))))
        for name, seen in counts.items()
    }


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _wait_until_ready(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    sys.exit("the server did not become ready")


def _tail(log: Path) -> str:
    """The last lines of a server that failed which are no measurements."""
    lines = [line for line in log.read_text().splitlines() if '"event":"operation"' not in line]
    return "\n".join(["the server's log ends:", *lines[-5:], ""])
