"""Memory stays constant while many distinct documents are prepared.

Measured in a process of its own, since other tests share prepared documents.
"""

import subprocess
import sys
from pathlib import Path

import orjson
import pytest

ROOT = Path(__file__).parents[2]

DOCUMENTS = 20_000

_PREPARE = """
import gc, json, resource
from app import collect_rarely
from execution import documents, validation
from execution.executor import create_executor
from execution.limits import Limits
from execution.permissions import Permissions
from tests.execution.support import schema

# Validation takes nine tenths of the time, and keeps nothing.
validation._SPECIFIED_RULES = validation._STRAWBERRY_RULES = ()

limits = Limits()
cache = documents.DocumentCache(schema, limits)
execute = create_executor(schema, limits, "levels")
permissions = Permissions(schema._schema, {})


def prepare(number):
    text = f"query Q{number} {{ a: hello b: hello c: hello d: hello }}"
    operation = cache.get(text).operation(None)
    plan = execute._plan(operation)
    plan.root.on(plan, plan.root_type)
    permissions.needed(operation)


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


collect_rarely()
used = []
for number in range(DOCUMENTS):
    prepare(number)
    if number % 5_000 == 4_999:
        used.append(peak())

gc.collect()
gc.disable()
gc.set_debug(gc.DEBUG_SAVEALL)
kept = len(cache)
cache._documents.clear()
gc.collect()
left = sorted({type(each).__qualname__ for each in gc.garbage})
print(json.dumps({"kept": kept, "used": used, "left": left}))
"""


@pytest.mark.long
def test_dropped_documents_free_their_memory() -> None:
    measured = subprocess.run(
        [sys.executable, "-c", f"DOCUMENTS = {DOCUMENTS}\n{_PREPARE}"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        timeout=300,
    )
    report = orjson.loads(measured.stdout)
    early, *_, late = report["used"]
    # Memory doubles if dropped documents wait for a full collection.
    assert late < early * 1.07, report
    # Documents that are dropped are freed without the garbage collector.
    assert report["kept"] == 1_000
    assert report["left"] == []
