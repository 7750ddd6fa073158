"""A private PostgreSQL server for a run of the tests, of the benchmark or of a command.

    with private_postgres() as url: ...
    python -m tests.support.postgres -- COMMAND…      (sets PARTNERGRAPH_DATABASE_URL)

The server listens only on a unix socket in a directory of its own: it needs neither a free port
nor a password, and other users of the machine cannot reach it.
"""

import asyncio
import os
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import asyncpg
from sqlalchemy.engine import make_url

from db.scope.policies import SEARCH_BY_INDEX
from db.scope.roles import Roles

OWNER = "partnergraph"
START_SECONDS = 60
LONGEST_DIRECTORY = 70  # the path of a socket is limited to about 100 bytes
MEMORY = Path("/dev/shm")  # noqa: S108 (only mkdtemp writes there)
MEMORY_NEEDED = 1 << 30

# No data outlive the run, so none need to survive a crash.
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "listen_addresses": "",
    # Statements that depend on the server's time zone fail in the tests.
    "timezone": "Europe/Berlin",
}

# Sort by code point and fold case beyond ASCII, independent of the machine's locale.
CHARACTER_TYPES = ("C.UTF-8", "en_US.UTF-8", "UTF-8")

# When the process that started it ends, however it ends, standard input closes: then the server
# stops and its directory is deleted.
SUPERVISOR = """
"$1/postgres" -D "$2/data" &
server=$!
exec 3<&0
(read -r _ <&3; kill -QUIT "$server") 2>/dev/null &
wait "$server"
rm -rf "$2"
"""


class PostgresUnavailableError(Exception):
    """No private server can be started; the message says why."""


@contextmanager
def private_postgres(**settings: str) -> Iterator[str]:
    """Yield the URL of an empty database on a new server, for a role that owns that database."""
    with private_server(in_memory=False, **settings) as admin_url:
        asyncio.run(_create_owned_database(admin_url))
        yield with_database(admin_url, OWNER, user=OWNER)


@contextmanager
def private_server(*, in_memory: bool = False, **settings: str) -> Iterator[str]:
    """Yield the superuser's URL of a new server; `settings` go into its configuration.

    With `in_memory` its data are in memory if the machine has enough: copying a database of three
    hundred files takes 15 ms there, and half a second on a slow disk.
    Raises PostgresUnavailableError if no server can be started.
    """
    programs = server_programs()
    user = _server_user()
    directory = _new_directory(user, in_memory=in_memory)
    with tempfile.TemporaryFile() as log:
        try:
            _initialise(programs, directory, user, SETTINGS | settings)
            supervisor = subprocess.Popen(
                ["/bin/sh", "-c", SUPERVISOR, "supervisor", programs, directory],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=directory,
                start_new_session=True,  # a Ctrl-C ends the tests, and they end the server
                **_as(user),
            )
        except BaseException:
            shutil.rmtree(directory, ignore_errors=True)
            raise
        with supervisor:  # closes its standard input and waits
            # The server asks for no password; without one asyncpg would read a file in HOME.
            url = f"postgresql+asyncpg://postgres:none@/postgres?host={directory}&port=5432"
            asyncio.run(_wait_until_ready(url, supervisor, log))
            yield url


def server_programs() -> Path:
    """Find the directory of the newest server programs of this machine."""
    on_path = shutil.which("initdb")
    directories = [Path(on_path).resolve().parent] if on_path else []
    for pattern in (
        "usr/lib/postgresql/*/bin",
        "usr/pgsql-*/bin",
        "opt/homebrew/opt/postgresql@*/bin",
        "usr/local/opt/postgresql@*/bin",
    ):
        directories.extend(sorted(Path("/").glob(pattern), key=_version, reverse=True))
    for directory in directories:
        if (directory / "initdb").exists() and (directory / "postgres").exists():
            return directory
    message = "no PostgreSQL server programs (initdb, postgres) were found"
    raise PostgresUnavailableError(message)


async def connect(url: str) -> asyncpg.Connection:
    """Open a plain asyncpg connection to a SQLAlchemy URL."""
    parsed = make_url(url).set(drivername="postgresql+asyncpg")
    _, arguments = parsed.get_dialect()().create_connect_args(parsed)
    connection: asyncpg.Connection = await asyncpg.connect(**arguments)
    return connection


def with_database(url: str, database: str, *, user: str) -> str:
    """Return the same server's URL for another database, as a role whose password is its name."""
    parsed = make_url(url).set(
        drivername="postgresql+asyncpg", database=database, username=user, password=user
    )
    return parsed.render_as_string(hide_password=False)


def _version(directory: Path) -> int:
    digits = re.search(r"\d+", directory.parent.name)
    return int(digits[0]) if digits else 0


def _server_user() -> pwd.struct_passwd | None:
    """The user that the server runs as, if this process is root, which PostgreSQL refuses."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    message = "PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody"
    raise PostgresUnavailableError(message)


def _as(user: pwd.struct_passwd | None) -> dict[str, Any]:
    if user is None:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _new_directory(user: pwd.struct_passwd | None, *, in_memory: bool) -> Path:
    # TMPDIR may be below a home directory that the server's user cannot enter.
    bases = [Path(tempfile.gettempdir()).resolve(), Path("/tmp")]  # noqa: S108 (mkdtemp below)
    if in_memory and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > MEMORY_NEEDED:
        bases.insert(0, MEMORY)
    for base in bases:
        others_can_pass = all(path.stat().st_mode & 0o001 for path in (base, *base.parents))
        if len(str(base)) > LONGEST_DIRECTORY or (user is not None and not others_can_pass):
            continue
        directory = Path(tempfile.mkdtemp(prefix="pg-", dir=base))
        if user is not None:
            os.chown(directory, user.pw_uid, user.pw_gid)
        return directory
    message = "no temporary directory is open to the server's user and has a short enough path"
    raise PostgresUnavailableError(message)


def _initialise(
    programs: Path,
    directory: Path,
    user: pwd.struct_passwd | None,
    settings: dict[str, str],
) -> None:
    for character_type in CHARACTER_TYPES:
        finished = subprocess.run(
            [
                programs / "initdb",
                f"--pgdata={directory}/data",
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                f"--lc-ctype={character_type}",
                "--no-sync",
                "--no-instructions",
            ],
            cwd=directory,
            capture_output=True,
            text=True,
            check=False,
            **_as(user),
        )
        if finished.returncode == 0:
            break
    else:
        message = f"initdb failed: {finished.stderr.strip()}"
        raise PostgresUnavailableError(message)
    lines = settings | {
        "unix_socket_directories": str(directory),
        "unix_socket_permissions": "0700",
    }
    with (directory / "data" / "postgresql.conf").open("a") as configuration:
        configuration.writelines(f"{name} = '{value}'\n" for name, value in lines.items())


async def _wait_until_ready(url: str, supervisor: subprocess.Popen[bytes], log: IO[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            connection = await connect(url)
        except (OSError, asyncpg.CannotConnectNowError) as error:
            if supervisor.poll() is None and time.monotonic() < deadline:
                await asyncio.sleep(0.02)
                continue
            log.seek(0)
            message = f"the server did not start: {log.read().decode(errors='replace').strip()}"
            raise PostgresUnavailableError(message) from error
        await connection.close()
        return


async def _create_owned_database(admin_url: str) -> None:
    admin = await connect(admin_url)
    try:
        await admin.execute(f"CREATE ROLE {OWNER} LOGIN NOSUPERUSER PASSWORD '{OWNER}'")
        for statement in Roles(OWNER).preparation():
            await admin.execute(statement)
        await admin.execute(f"CREATE DATABASE {OWNER} OWNER {OWNER}")
    finally:
        await admin.close()
    own = make_url(admin_url).set(database=OWNER).render_as_string(hide_password=False)
    admin = await connect(own)
    try:
        await admin.execute(SEARCH_BY_INDEX)
    finally:
        await admin.close()


def main(arguments: list[str]) -> int:
    """Run a command with a private server; returns its exit code."""
    command = arguments[1:] if arguments[:1] == ["--"] else arguments
    if not command:
        sys.exit("usage: python -m tests.support.postgres -- COMMAND…")
    try:
        with private_postgres() as url:
            environment = os.environ | {"PARTNERGRAPH_DATABASE_URL": url}
            return subprocess.run(command, env=environment, check=False).returncode
    except PostgresUnavailableError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
