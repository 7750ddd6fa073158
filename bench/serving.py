"""The server to be measured: `partnergraph serve` in one process, with its log in a file."""

import json
import os
import socket
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

START_SECONDS = 90
UNLIMITED = {
    "PARTNERGRAPH_LIMITS_RATE_POINTS": "1000000000",
    "PARTNERGRAPH_LIMITS_COST": "1000000",
    "PARTNERGRAPH_LIMITS_CONCURRENT": "1000",
}
"""Settings that let one client generate the load of many."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    port: int
    pid: int

    def client(self, key: str) -> httpx.Client:
        """Return a client that sends this key."""
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}",
            headers={"Authorization": f"Bearer {key}"},
            timeout=60,
        )


@contextmanager
def serving(
    database_url: str, log: Path, *, environment: Mapping[str, str] = UNLIMITED, raw: bool = False
) -> Iterator[Server]:
    """Serve the database in one process on the loopback interface, until the end of the block.

    `environment` adds settings. `raw` serves the ceiling (`bench.raw`) instead of the product.
    """
    port = _free_port()
    variables = {k: v for k, v in os.environ.items() if not k.startswith("PARTNERGRAPH_")}
    variables |= {"PARTNERGRAPH_DATABASE_URL": database_url, **environment}
    command = [sys.executable, "-m", "partnergraph", "serve", "--port", str(port)]
    if raw:
        uvicorn = [sys.executable, "-m", "uvicorn", "--factory", "--no-access-log"]
        command = [*uvicorn, "bench.raw:application", "--port", str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=variables, stdout=output, stderr=output)
    try:
        _wait_until_ready(process, port)
        yield Server(port, process.pid)
    except BaseException:
        sys.stderr.write(_tail(log))
        raise
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def statements(log: Path) -> dict[str, str]:
    """Return the statements per request of each operation in a server's log: "6", or "6-7"."""
    counts: defaultdict[str, set[int]] = defaultdict(set)
    with log.open() as lines:
        for line in lines:
            if '"event":"operation"' in line:
                entry = json.loads(line)
                counts[entry["operation"]].add(entry["statements"])
    return {
        name: "-".join(str(count) for count in dict.fromkeys((min(seen), max(seen))))
        for name, seen in counts.items()
    }


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _wait_until_ready(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    sys.exit("the server did not become ready")


def _tail(log: Path) -> str:
    """Return the end of a failed server's log, without the lines of single operations."""
    lines = [line for line in log.read_text().splitlines() if '"event":"operation"' not in line]
    return "\n".join(["the server's log ends:", *lines[-5:], ""])
