"""A private Redis or Valkey server for tests, which stores nothing on disk."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PROGRAMS = ("valkey-server", "redis-server")
START_SECONDS = 20


class RedisUnavailableError(Exception):
    """No server could be started; the message says what to do."""


@contextmanager
def private_redis(directory: Path | None = None) -> Iterator[str]:
    """Yield the URL of a server that listens on a unix socket.

    A second server in the same `directory` replaces one that has ended.
    """
    program = next((file for name in PROGRAMS if (file := shutil.which(name))), None)
    if program is None:
        raise RedisUnavailableError(
            f"neither {' nor '.join(PROGRAMS)} was found: install your system's package "
            "(redis-server on Debian, redis on Homebrew)"
        )
    # The path of a socket must be short.
    with tempfile.TemporaryDirectory(prefix="redis-") as own:
        path = (directory or Path(own)) / "socket"
        command = [program, "--port", "0", "--unixsocket", str(path), "--save", "", "--dir", own]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            _wait_until_ready(server, path)
            yield f"unix://{path}"
        finally:
            server.terminate()
            server.communicate()
            path.unlink(missing_ok=True)


def unavailable(error: RedisUnavailableError) -> None:
    """Skip the test, or fail it in CI, where every server must be available."""
    reason = f"Sharing between workers by Redis was not tested: {error}"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def _wait_until_ready(server: subprocess.Popen[bytes], path: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(path))
            except OSError:
                time.sleep(0.01)
                continue
            probe.sendall(b"PING\r\n")
            if probe.recv(100).startswith(b"+PONG"):
                return
    raise RedisUnavailableError("the server did not start")
