"""The command line: what each command does, and that each error is one sentence."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import make_url

from commands.main import main
from tests.execution.support import logging_restored
from tests.support.databases import Databases, Engine
from tests.support.processes import served

ROOT = Path(__file__).parent.parent
PROGRAM = [sys.executable, "-m", "partnergraph"]
COMMANDS = [
    ["migrate"],
    ["distribution"],
    ["seed"],
    ["intake"],
    ["intake-failures"],
    ["intake-failures", "list"],
    ["intake-failures", "show"],
    ["intake-failures", "replay"],
    ["intake-failures", "discard"],
    ["serve"],
    ["api-key"],
    ["api-key", "create"],
    ["api-key", "list"],
    ["api-key", "revoke"],
    ["audit"],
    ["audit", "list"],
    ["oauth-client"],
    ["oauth-client", "create"],
    ["oauth-client", "list"],
    ["oauth-client", "revoke"],
    ["signing-key"],
    ["signing-key", "rotate"],
    ["signing-key", "list"],
    ["user"],
    ["user", "create"],
    ["user", "list"],
    ["user", "link"],
    ["user", "disable"],
    ["user", "enable"],
    ["widget-origin"],
    ["widget-origin", "add"],
    ["widget-origin", "list"],
    ["widget-origin", "remove"],
    ["export-schema"],
    ["demo"],
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, and an environment without settings."""
    for name in os.environ:
        if name.startswith("PARTNERGRAPH_") and not name.startswith("PARTNERGRAPH_TEST_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def logging() -> Iterator[None]:
    """The commands configure logging for a process of their own."""
    with logging_restored():
        yield


@pytest.fixture
def url(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A migrated database that the commands find in the environment."""
    monkeypatch.setenv("PARTNERGRAPH_DATABASE_URL", database_url)
    return database_url


@pytest.fixture
def tenant(url: str) -> str:
    """The number of a tenant in a small order book."""
    result = run("seed", "--orders", "40")
    assert result.exit_code == 0, result.output
    return result.stdout.split("Try tenant ")[1].split()[0]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def assert_mistake(result: Result, *parts: str) -> None:
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.stderr
    for part in parts:
        assert part in result.stderr


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help(command: list[str]) -> None:
    result = run(*command, "--help")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) > 5


def test_the_listed_commands_are_those_with_help() -> None:
    assert set(main.commands) == {command[0] for command in COMMANDS}


def test_migrating_twice_changes_nothing(
    databases: Databases, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with databases.bare(engine) as url:
        monkeypatch.setenv("PARTNERGRAPH_DATABASE_URL", url)
        assert "(before: no tables)" in run("migrate").stdout
        assert "as before" in run("migrate").stdout


def test_seeding_tells_what_it_made_and_refuses_a_second_time(tenant: str) -> None:
    assert tenant
    assert_mistake(run("seed"), "already holds tenants")


def test_a_new_key_stands_alone_on_standard_output_and_is_listed_without_its_secret(
    tenant: str,
) -> None:
    made = run("api-key", "create", "--tenant", tenant, "--name", "CRM", "--expires", "30")
    assert made.exit_code == 0
    [key] = made.stdout.splitlines()
    prefix = "_".join(key.split("_")[:2])
    assert prefix in made.stderr
    assert key not in made.stderr
    listed = run("api-key", "list", "--tenant", tenant).stdout
    assert listed.splitlines()[1].split()[:5] == [prefix, "partner", tenant, "CRM", "active"]
    assert key not in listed
    assert "is revoked" in run("api-key", "revoke", prefix).stdout
    assert "has been revoked since" in run("api-key", "revoke", key).stdout
    assert "revoked" in run("api-key", "list").stdout


def test_a_key_gets_the_scopes_that_are_named(tenant: str) -> None:
    made = run(
        *("api-key", "create", "--tenant", tenant),
        *("--scope", "orders:read", "--scope", "contracts:read"),
    )
    assert "Its scopes: contracts:read, orders:read." in made.stderr
    assert run("api-key", "list").stdout.splitlines()[1].endswith("contracts:read orders:read")


def test_all_is_what_can_be_read_and_more_is_named(tenant: str) -> None:
    create = ("api-key", "create", "--tenant", tenant, "--scope", "all")
    readable = run(*create).stderr
    assert "orders:read, personal-data:read, tenants:read." in readable
    assert "widget-sessions:create" not in readable
    more = run(*create, "--scope", "widget-sessions:create").stderr
    assert "orders:read, personal-data:read, tenants:read, widget-sessions:create." in more


def test_a_third_active_key_is_a_mistake(tenant: str) -> None:
    for _ in range(2):
        assert run("api-key", "create", "--tenant", tenant).exit_code == 0
    assert_mistake(run("api-key", "create", "--tenant", tenant), "2 active keys", "revoke one")


def test_a_key_of_the_carrier_belongs_to_no_tenant(url: str) -> None:
    made = run("api-key", "create", "--fulfilment", "--name", "Order hub")
    assert "'Order hub' of fulfilment" in made.stderr
    row = run("api-key", "list").stdout.splitlines()[1].split()
    assert row[1:6] == ["fulfilment", "-", "Order", "hub", "active"]
    assert "progress:report" in row


def test_all_is_all_that_the_kind_may_have(url: str) -> None:
    support = run("api-key", "create", "--support", "--scope", "all").stderr
    fulfilment = run("api-key", "create", "--fulfilment", "--scope", "all").stderr
    assert "personal-data:read" in support
    assert "personal-data:read" in fulfilment
    assert "progress:report" not in support
    assert "progress:report" in fulfilment


def test_the_audit_log_tells_of_keys_that_were_made_and_revoked(tenant: str) -> None:
    assert "There are no entries." in run("audit", "list").stderr
    key = run("api-key", "create", "--tenant", tenant).stdout.strip()
    run("api-key", "create", "--support")
    run("api-key", "revoke", key)
    prefix = "_".join(key.split("_")[:2])
    lines = run("audit", "list", "--tenant", tenant).stdout.splitlines()[1:]
    assert [line.split()[2:4] for line in lines] == [
        ["KEY_CREATED", tenant],
        ["KEY_REVOKED", tenant],
    ]
    [whole] = run(
        "audit", "list", "--action", "KEY_REVOKED", "--days", "1", "--json"
    ).stdout.splitlines()
    assert json.loads(whole)["subject"] == prefix
    assert key not in run("audit", "list", "--json").stdout
    assert_mistake(run("audit", "list", "--tenant", "M-0"), "There is no tenant M-0.")


def test_mistakes_about_whose_a_key_is(url: str) -> None:
    whose = "one of --tenant NUMBER, --fulfilment and --support"
    assert_mistake(run("api-key", "create"), whose)
    assert_mistake(run("api-key", "create", "--support", "--fulfilment"), whose)
    assert_mistake(
        run("api-key", "create", "--support", "--scope", "progress:report"),
        "cannot have the scope progress:report",
    )


def test_mistakes_about_keys(url: str) -> None:
    assert_mistake(
        run("api-key", "create", "--tenant", "M-0", "--scope", "orders:burn"),
        "There is no scope orders:burn",
        "orders:read",
    )
    assert_mistake(run("api-key", "create", "--tenant", "M-0"), "There is no tenant M-0.")
    assert_mistake(run("api-key", "list", "--tenant", "M-0"), "There is no tenant M-0.")
    assert_mistake(run("api-key", "revoke", "pgk_x"), "There is no key pgk_x")
    assert "There are no keys." in run("api-key", "list").stderr


def test_intake_loads_what_it_can_and_says_what_it_cannot(tenant: str, folder: Path) -> None:
    (folder / "broken.json").write_text("{")
    result = run("intake", str(folder / "broken.json"), "--tenant", tenant)
    assert result.exit_code == 1
    assert "broken.json" in result.stderr
    assert "1 failed" in result.stdout


def test_intake_of_a_path_that_is_not_there_is_a_mistake(url: str) -> None:
    result = run("intake", "nowhere.json")
    assert result.exit_code == 2
    assert "nowhere.json" in result.stderr


@pytest.mark.parametrize(
    "command", [["seed"], ["serve"], ["api-key", "list"], ["api-key", "create", "--tenant", "x"]]
)
def test_a_database_that_was_never_made_is_a_mistake(command: list[str]) -> None:
    assert_mistake(run(*command), "does not exist yet: run `partnergraph migrate`")
    assert not list(Path.cwd().iterdir())


def test_a_database_without_tables_is_a_mistake(
    databases: Databases, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with databases.bare(engine) as url:
        if engine == "sqlite":
            Path(str(make_url(url).database)).touch()
        monkeypatch.setenv("PARTNERGRAPH_DATABASE_URL", url)
        assert_mistake(run("seed"), "has no tables yet: run `partnergraph migrate`")


@pytest.mark.parametrize("command", ["migrate", "seed", "serve"])
def test_an_unreachable_server_is_a_mistake_and_its_password_stays_hidden(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "postgresql+asyncpg://me:hunter2@127.0.0.1:1/orders"
    monkeypatch.setenv("PARTNERGRAPH_DATABASE_URL", url)
    result = run(command)
    assert_mistake(result, "cannot be reached", "me:***@127.0.0.1:1/orders")
    assert "hunter2" not in result.output


@pytest.mark.parametrize("command", [["seed"], ["demo", "--port", "0"]])
def test_a_made_up_order_book_without_faker_is_a_mistake(
    url: str, command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "faker", None)
    assert_mistake(run(*command), "install partnergraph[demo]")


def test_a_file_that_is_no_database_is_a_mistake(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "notes.txt").write_text("not a database, " * 100)
    monkeypatch.setenv("PARTNERGRAPH_DATABASE_URL", "sqlite+aiosqlite:///notes.txt")
    assert_mistake(run("migrate"), "file is not a database")
    monkeypatch.setenv("PARTNERGRAPH_DATABASE_URL", "sqlite+aiosqlite:///no/such/folder.sqlite3")
    assert_mistake(run("migrate"), "unable to open database file")


def test_wrong_settings_are_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTNERGRAPH_PORT", "http")
    assert_mistake(run("serve"), "PARTNERGRAPH_PORT must be a valid integer.")


def test_a_port_in_use_is_a_mistake(url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert_mistake(run("serve", "--port", port), f"port {port}", "Address already in use")
        assert_mistake(run("demo", "--port", port), f"port {port}", "Address already in use")


def test_the_exported_schema_is_written_once_and_checked(folder: Path) -> None:
    file = str(folder / "schema.graphql")
    assert run("export-schema", "--check", file).exit_code == 1
    assert "Wrote" in run("export-schema", file).stdout
    assert run("export-schema", "--check", file).exit_code == 0
    assert Path(file).read_text() == run("export-schema", "-").stdout


def test_a_stale_schema_is_reported_with_what_breaks_clients(folder: Path) -> None:
    file = folder / "schema.graphql"
    sdl = run("export-schema", "-").stdout
    file.write_text(sdl.replace("type Query {", "type Query {\n  gone: Int\n", 1))
    result = run("export-schema", "--check", str(file))
    assert result.exit_code == 1
    assert "BREAKS CLIENTS: Field Query.gone was removed." in result.stderr
    assert "gone" in file.read_text()


def test_the_demo_answers_its_query_again_from_the_same_order_book() -> None:
    shown = [
        subprocess.run(
            [*PROGRAM, "demo", "--port", "0", "--once"], capture_output=True, text=True, check=False
        )
        for _ in range(2)
    ]
    for demo in shown:
        assert demo.returncode == 0, demo.stderr
        assert "Traceback" not in demo.stderr
        answer = json.loads(demo.stdout[demo.stdout.index('{\n  "data"') :].split("\n\n")[0])
        assert answer["data"]["order"]["contract"]["number"]
        assert "/graphiql" in demo.stdout
        assert "/widget/" in demo.stdout
    keys = [demo.stdout.split("Key       ")[1].split()[0] for demo in shown]
    assert "Seeding" in shown[0].stderr
    assert "Seeding" not in shown[1].stderr
    keys_listed, origins_listed = (
        subprocess.run(
            [*PROGRAM, command, "list"],
            env=os.environ | {"PARTNERGRAPH_DATABASE_URL": "sqlite+aiosqlite:///var/demo.sqlite3"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()[1:]
        for command in ("api-key", "widget-origin")
    )
    states = {line.split()[0]: "revoked" in line for line in keys_listed}
    assert [states[key[:12]] for key in keys] == [True, False]
    # The widget's portal has a working key too, which is not printed.
    [kept] = [prefix for prefix, revoked in states.items() if not revoked and prefix not in keys[1]]
    assert kept not in shown[1].stdout
    # Only the origins of the running server are registered, by both of its names.
    [port] = re.findall(r"Widget    http://127\.0\.0\.1:(\d+)/widget/", shown[1].stdout)
    origins = [line.split()[0] for line in origins_listed]
    assert origins == [f"http://{host}:{port}" for host in ("127.0.0.1", "localhost")]


def test_the_server_answers_and_stops_in_order_on_ctrl_c(url: str) -> None:
    with served([*PROGRAM, "serve"]) as (process, origin):
        ready = httpx.get(f"{origin}/readyz", trust_env=False, timeout=60)
        assert ready.json() == {"status": "ready"}
        many = {f"x-{number}": "y" for number in range(101)}
        refused = httpx.get(f"{origin}/healthz", trust_env=False, headers=many)
        assert refused.status_code == 431
        process.send_signal(signal.SIGINT)
        _, rest = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Application shutdown complete." in rest
    assert "Traceback" not in rest
    assert "uvicorn.access" not in rest


def test_several_workers_serve_on_postgresql(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARTNERGRAPH_DATABASE_URL", postgresql_url)
    with served([*PROGRAM, "serve", "--workers", "2"]) as (process, origin):
        ready = httpx.get(f"{origin}/readyz", trust_env=False, timeout=60)
        assert ready.json() == {"status": "ready"}
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert process.returncode == 0
