from collections.abc import Callable, Iterator

import pytest

from server.limits import ServerLimits
from server.logs import configure_logging
from tests.execution.support import Served, logging_restored, serve
from tests.support.redis import RedisUnavailableError, private_redis, unavailable


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    """A server of the module's own."""
    try:
        with private_redis() as url:
            yield url
    except RedisUnavailableError as error:
        unavailable(error)


@pytest.fixture
def serving() -> Iterator[Callable[[ServerLimits], Served]]:
    """Serves the application under given limits, its log captured."""

    def start(limits: ServerLimits) -> Served:
        served = serve(limits)
        configure_logging(stream=served.log)
        return served

    with logging_restored():
        yield start


@pytest.fixture
def served(serving: Callable[[ServerLimits], Served]) -> Served:
    """The application under the default limits."""
    return serving(ServerLimits())
