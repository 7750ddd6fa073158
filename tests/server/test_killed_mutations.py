"""A server that is killed around COMMIT: the same request, sent again, is carried out once."""

import sys

import pytest

pytestmark = pytest.mark.long

PROGRAM = (sys.executable, "-m", "partnergraph")
SEVERAL = "mutation Several({}) {{ {} }}".format(
    ", ".join(f"$i{n}: OrderNoteAddInput!" for n in range(5)),
    " ".join(
        f"f{n}: orderNoteAdd(input: $i{n}) {{ __typename ... on OrderNoteAdded {{ replayed }} }}"
        for n in range(5)
    ),
)
