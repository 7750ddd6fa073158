"""Large messages: the work grows with their size, not with its square.

None of these tests states a time. Each message is so large that quadratic work on it would take
minutes, or more memory than there is; linear work ends at once.
"""

import json
from typing import Any

import pytest

from intake.json_place import labels
from intake.messages import read_message
from intake.problems import InvalidError
from intake.reader import LONGEST_PATH, parse, unstorable
from tests.intake.payloads import NOW, order

MANY = 60_000


def test_a_name_that_stands_twice_is_found_among_many() -> None:
    names = ", ".join(f'"n{i}": 1' for i in range(MANY))
    value = parse(f'{{{names}, "n{MANY - 1}": 2}}'.encode())
    assert list(unstorable(value, "$")) == [(f"$.n{MANY - 1}", "the object has this name twice")]


def test_the_first_of_several_names_that_stand_twice_is_named() -> None:
    value = parse(b'{"a": 1, "b": 1, "c": 1, "c": 2, "b": 2}')
    assert list(unstorable(value, "$")) == [("$.b", "the object has this name twice")]


def test_a_long_identifier_is_not_repeated_in_the_name_of_each_value() -> None:
    entry = {"id": "x" * MANY, **{f"a{i}": 1 for i in range(MANY)}}
    message = read_message(parse(json.dumps(order(more=[entry])).encode()), "$", NOW)
    names = [c.name for c in message.order.stated.characteristics if c.name.startswith("more")]
    assert names[:2] == ["more[0].id", "more[0].a0"]
    assert len(names) == MANY + 1
    assert labels([{"id": "x" * 500}, {"id": "x" * 501}]) == ["x" * 500, "1"]


@pytest.mark.parametrize("listed", [False, True], ids=["members", "labels"])
def test_values_below_long_names_are_refused(listed: bool) -> None:
    value: Any = {f"a{i}": 1 for i in range(MANY)}
    for _ in range(45):
        value = [{"id": "n" * 400, "of": value}] if listed else {"n" * 400: value}
    with pytest.raises(InvalidError, match=f"more than {LONGEST_PATH} characters together"):
        read_message(order(more=value), "$", NOW)
