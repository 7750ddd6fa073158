"""How the tests are spread over the workers of pytest-xdist.

A unit of work is what one module asks of one engine, since that is what module fixtures are made
for once; what takes longest begins first, or one worker would be left alone with it at the end.
"""

import re

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped] # has no types

from tests.support.databases import ENGINES

_ENGINE = re.compile(rf"[\[-]({'|'.join(ENGINES)})[\]-]")


class ByModuleAndEngine(LoadScopeScheduling):  # type: ignore[misc] # for the same reason
    """Sends the tests of a module on an engine to one worker."""

    def _split_scope(self, nodeid: str) -> str:
        module, _, test = nodeid.partition("::")
        engine = _ENGINE.search(test)
        return f"{module} {engine[1] if engine else ''}"


def begin_with_long(items: list[pytest.Item]) -> None:
    """Move the tests of modules that are marked as long to the front."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)
