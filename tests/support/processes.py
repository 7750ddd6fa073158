"""Servers in processes of their own, started by the command line."""

import json
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path


def memory(process: "subprocess.Popen[str]") -> int:
    """The bytes of memory that a process has resident."""
    command = ["ps", "-o", "rss=", "-p", str(process.pid)]
    return 1024 * int(subprocess.run(command, check=True, capture_output=True).stdout)


@contextmanager
def served(
    command: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Start a server on a free port; yield its process and the URL that its first line reports.

    The process is killed at the end of the block, or after 60 seconds.
    """
    with subprocess.Popen(
        [*command, "--port", "0"], stderr=subprocess.PIPE, text=True, cwd=cwd, env=environment
    ) as process:
        overdue = threading.Timer(60, process.kill)
        overdue.start()
        try:
            assert process.stderr
            first = process.stderr.readline()
            yield process, json.loads(first)["url"]
        finally:
            overdue.cancel()
            process.kill()
