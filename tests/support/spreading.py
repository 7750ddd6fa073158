"""Distributes the tests over the workers of pytest-xdist.

A unit of work is the tests of one module on one engine, which share module fixtures. The longest
units start first: otherwise the last one would keep a single worker busy at the end.
"""

import re

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped] # has no types

from tests.support.databases import ENGINES

_ENGINE = re.compile(rf"[\[-]({'|'.join(ENGINES)})[\]-]")


class ByModuleAndEngine(LoadScopeScheduling):  # type: ignore[misc] # has no types
    """Sends all tests of a module on one engine to the same worker."""

    def _split_scope(self, nodeid: str) -> str:
        module, _, test = nodeid.partition("::")
        engine = _ENGINE.search(test)
        return f"{module} {engine[1] if engine else ''}"


def begin_with_long(items: list[pytest.Item]) -> None:
    """Move the tests of modules that are marked as long to the front."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)
