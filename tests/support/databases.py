"""Empty migrated databases for tests, on SQLite and on PostgreSQL.

Migrations run once per engine and test worker, in a template; every database is a copy of it. A
copy takes below 1 ms on SQLite; on PostgreSQL 17 ms in memory and 140 to 500 ms on a slow disk, and
7 ms to drop (measured on two cores).
"""

import asyncio
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeVar

import asyncpg
from sqlalchemy.engine import make_url

from db import migrations
from db.scope.roles import Roles
from tests.support import postgres

Engine = Literal["sqlite", "postgresql"]
ENGINES: tuple[Engine, ...] = ("sqlite", "postgresql")
T = TypeVar("T")

# Tests that are coroutines ask for databases, too, and a thread cannot run a second event loop.
_thread = ThreadPoolExecutor(1)


def _in_thread(call: Callable[[], T]) -> T:
    return _thread.submit(call).result()


class Databases:
    """The templates of one worker and the databases copied from them."""

    def __init__(self, directory: Path, postgres_admin_url: str | None) -> None:
        self._directory = directory
        self._admin_url = postgres_admin_url
        self._count = 0

    @contextmanager
    def empty(self, engine: Engine) -> Iterator[str]:
        """Yield the URL of a migrated database without rows, and delete it afterwards."""
        self._count += 1
        with self._sqlite() if engine == "sqlite" else self._postgres.copy(self._count) as url:
            yield url

    @contextmanager
    def bare(self, engine: Engine) -> Iterator[str]:
        """Yield the URL of a database without tables, for tests of the migrations themselves."""
        self._count += 1
        if engine == "sqlite":
            with self._sqlite_file() as file:
                yield sqlite_url(file)
        else:
            with self._postgres.bare(self._count) as url:
                yield url

    def administrators(self, url: str) -> str:
        """The URL of the same PostgreSQL database for the server's superuser."""
        assert self._admin_url is not None
        administrator = make_url(self._admin_url).set(database=make_url(url).database)
        return administrator.render_as_string(hide_password=False)

    def close(self) -> None:
        """Delete the templates, after all databases."""
        if "_postgres" in self.__dict__:
            self._postgres.close()

    @contextmanager
    def _sqlite(self) -> Iterator[str]:
        with self._sqlite_file() as file:
            shutil.copyfile(self._sqlite_template, file)
            yield sqlite_url(file)

    @contextmanager
    def _sqlite_file(self) -> Iterator[Path]:
        file = self._directory / f"{self._count}.sqlite3"
        try:
            yield file
        finally:
            for leftover in self._directory.glob(f"{file.name}*"):
                leftover.unlink()

    @cached_property
    def _sqlite_template(self) -> Path:
        file = self._directory / "template.sqlite3"
        _in_thread(lambda: migrations.upgrade(sqlite_url(file)))
        connection = sqlite3.connect(file)
        # Only this file is copied, not the write-ahead log.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        return file

    @cached_property
    def _postgres(self) -> "PostgresDatabases":
        assert self._admin_url is not None, "the fixture skips where there is no PostgreSQL"
        return PostgresDatabases(self._admin_url)


class PostgresDatabases:
    """A role of its own on a server, a template that it migrated, and copies of it."""

    def __init__(self, admin_url: str) -> None:
        self._admin_url = admin_url
        self._role = f"partnergraph_test_{secrets.token_hex(4)}"
        self._template = f"{self._role}_template"
        self._runner = asyncio.Runner()
        self._admin: asyncpg.Connection = _in_thread(
            lambda: self._runner.run(postgres.connect(admin_url))
        )
        self._execute(f"CREATE ROLE {self._role} LOGIN NOSUPERUSER PASSWORD '{self._role}'")
        for statement in Roles(self._role).preparation():
            self._execute(statement)

    @contextmanager
    def bare(self, number: int) -> Iterator[str]:
        with self._database(f"{self._role}_{number}", "template0 ENCODING 'UTF8'") as url:
            yield url

    @contextmanager
    def copy(self, number: int) -> Iterator[str]:
        with self._database(f"{self._role}_{number}", self._migrated_template) as url:
            yield url

    def close(self) -> None:
        if "_migrated_template" in self.__dict__:
            self._execute(f"DROP DATABASE {self._template} WITH (FORCE)")
        for statement in (*Roles(self._role).removal(), f"DROP ROLE {self._role}"):
            self._execute(statement)
        _in_thread(lambda: self._runner.run(self._admin.close()))
        _in_thread(self._runner.close)

    @cached_property
    def _migrated_template(self) -> str:
        self._create(self._template, "template0 ENCODING 'UTF8'")
        _in_thread(lambda: migrations.upgrade(self._url(self._template)))
        # Copying files is faster than logging pages; before version 15 there is no choice.
        choice = self._admin.get_server_version().major >= 15
        return f"{self._template} STRATEGY FILE_COPY" if choice else self._template

    @contextmanager
    def _database(self, name: str, template: str) -> Iterator[str]:
        self._create(name, template)
        try:
            yield self._url(name)
        finally:
            self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _create(self, name: str, template: str) -> None:
        self._execute(f"CREATE DATABASE {name} OWNER {self._role} TEMPLATE {template}")

    def _url(self, name: str) -> str:
        return postgres.with_database(self._admin_url, name, user=self._role)

    def _execute(self, statement: str) -> None:
        _in_thread(lambda: self._runner.run(self._admin.execute(statement)))


def sqlite_url(file: Path) -> str:
    """The URL of a SQLite file."""
    return f"sqlite+aiosqlite:///{file}"
