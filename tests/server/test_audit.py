"""The public audit suite of GraphQL over HTTP, against a server on a socket."""

import hashlib
import json
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn

from tests.execution.support import KEY, Served, serve
from web.build import BuildError, find_node

HERE = Path(__file__).parent / "audit"
CACHE = Path(__file__).parents[2] / "var" / "graphql-http-audit"

AUDITS = 61


def test_the_graphql_over_http_audit_passes_whole() -> None:
    with running(serve()) as url:
        output = run_audit(url)
    results = json.loads(output)
    failed = [result for result in results if result["status"] != "ok"]
    assert failed == []
    assert len(results) == AUDITS


@pytest.mark.parametrize(
    ("ci", "outcome"), [(None, pytest.skip.Exception), ("true", pytest.fail.Exception)]
)
def test_without_node_the_audit_is_skipped_saying_why_and_fails_in_ci(
    monkeypatch: pytest.MonkeyPatch, ci: str | None, outcome: type[BaseException]
) -> None:
    def no_node(_report: object) -> None:
        raise BuildError("no Node here")

    monkeypatch.setattr("tests.server.test_audit.find_node", no_node)
    monkeypatch.delenv("CI", raising=False)
    if ci:
        monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="no Node here"):
        run_audit("http://unused")


def run_audit(url: str) -> str:
    """What the audit script prints; skips, saying why, where it cannot be run (never in CI)."""
    try:
        node = find_node(print)
        install(node.program, node.npm)
    except (BuildError, subprocess.SubprocessError, OSError) as error:
        reason = f"The GraphQL over HTTP audit needs Node and its npm packages: {error}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    command = [node.program, str(CACHE / "audit.mjs"), url, KEY]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


def install(program: str, npm: tuple[str, ...]) -> None:
    """Install the locked packages, unless these very ones are there already."""
    sources = [HERE / name for name in (".npmrc", "audit.mjs", "package.json", "package-lock.json")]
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    stamp = CACHE / "installed"
    if stamp.is_file() and stamp.read_text() == digest:
        return
    CACHE.mkdir(parents=True, exist_ok=True)
    for source in sources:
        shutil.copy(source, CACHE)
    path = f"{Path(program).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    # A home directory may be missing or read-only.
    environment = os.environ | {"PATH": path, "npm_config_cache": str(CACHE / "npm")}
    subprocess.run(
        [*npm, "ci", "--no-progress"],
        cwd=CACHE,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    stamp.write_text(digest)


@contextmanager
def running(served: Served) -> Iterator[str]:
    """Serve on a free port of this machine; yields the endpoint's address."""
    config = uvicorn.Config(served.app, log_config=None, access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            # Connections wait in the socket's queue until the server takes them.
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/graphql"
        finally:
            server.should_exit = True
            thread.join()
