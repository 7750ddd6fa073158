"""What every test may ask for: databases on both engines, and an event loop for coroutines.

One private PostgreSQL server serves the whole run. The first process starts it and tells the
workers of pytest-xdist by the environment variable that also names a server of the user's own.
"""

import gc
import os
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import settings

from tests.support.databases import ENGINES, Databases, Engine
from tests.support.postgres import PostgresUnavailableError, private_server
from tests.support.sharing import share
from tests.support.spreading import ByModuleAndEngine, begin_with_long

# What the tests themselves are told; all other variables are settings of the product.
TEST_PREFIX = "PARTNERGRAPH_TEST_"
# A superuser's URL; the tests make and remove roles and databases of their own there.
SERVER_VARIABLE = f"{TEST_PREFIX}POSTGRES_URL"

# Random examples are the same in each run; `--hypothesis-profile=thorough` tries others, and many.
settings.register_profile("repeatable", derandomize=True)
settings.register_profile("thorough", max_examples=5_000)
settings.load_profile("repeatable")

without_postgres = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    # The settings of whoever runs the tests are not those that the tests are about.
    for name in [name for name in os.environ if name.startswith("PARTNERGRAPH_")]:
        if not name.startswith(TEST_PREFIX):
            del os.environ[name]
    is_worker = hasattr(config, "workerinput")
    if is_worker or config.option.collectonly or os.environ.get(SERVER_VARIABLE):
        return
    stack = ExitStack()
    try:
        url = stack.enter_context(private_server(in_memory=True))
    except PostgresUnavailableError as error:
        if os.environ.get("CI"):
            message = f"CI is set, so the PostgreSQL tests must run, but {error}"
            raise pytest.UsageError(message) from error
        config.stash[without_postgres] = str(error)
        return
    os.environ[SERVER_VARIABLE] = url
    stack.callback(os.environ.pop, SERVER_VARIABLE)
    config.add_cleanup(stack.close)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if reason := config.stash.get(without_postgres, None):
        terminalreporter.section("PostgreSQL was not tested", yellow=True)
        terminalreporter.write_line(reason)


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByModuleAndEngine:
    config.option.loadscopereorder = False
    return ByModuleAndEngine(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        begin_with_long(items)


def pytest_collection_finish() -> None:
    # What was imported and collected stays to the end: the collector need not look at it again,
    # and at what tests leave behind, less often.
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


@pytest.fixture(scope="session", autouse=True)
def _shared() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        share(patch)
        yield


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """This worker's source of databases, for tests that need more than one."""
    url = os.environ.get(SERVER_VARIABLE)
    source = Databases(tmp_path_factory.mktemp("databases"), url)
    yield source
    source.close()


@pytest.fixture(scope="session", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each database engine in turn."""
    engine: Engine = request.param
    if engine == "postgresql":
        _require_postgres()
    return engine


@pytest.fixture
def database_url(databases: Databases, engine: Engine) -> Iterator[str]:
    """An empty migrated database on each engine, for this test alone."""
    with databases.empty(engine) as url:
        yield url


@pytest.fixture(scope="module")
def shared_database_url(databases: Databases, engine: Engine) -> Iterator[str]:
    """An empty migrated database on each engine for one module, whose tests only read it."""
    with databases.empty(engine) as url:
        yield url


@pytest.fixture
def postgresql_url(databases: Databases) -> Iterator[str]:
    """An empty migrated PostgreSQL database, for what only PostgreSQL can do."""
    _require_postgres()
    with databases.empty("postgresql") as url:
        yield url


@pytest.fixture(scope="module")
def shared_postgresql_url(databases: Databases) -> Iterator[str]:
    """An empty migrated PostgreSQL database for one module, which fills it once."""
    _require_postgres()
    with databases.empty("postgresql") as url:
        yield url


def _require_postgres() -> None:
    if not os.environ.get(SERVER_VARIABLE):
        pytest.skip("PostgreSQL could not be started (see the end of the report)")
