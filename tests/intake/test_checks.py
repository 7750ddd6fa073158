"""The fast check of a schema and the validator that explains accept exactly the same values."""

import json
from collections.abc import Iterator
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake import schemas
from intake.checks import Compiler
from intake.envelope import message_type
from intake.problems import InvalidError
from intake.reader import is_storable, parse, split, unstorable
from tests.intake.payloads import EXAMPLES, cancellation, information, order, state

_SAMPLES: list[dict[str, Any]] = [
    value
    for file in sorted(EXAMPLES.glob("*.json"))
    for _, value in split(parse(file.read_bytes()))
    if isinstance(value, dict)
] + [
    parse(json.dumps(value).encode())
    for value in (
        order(),
        state("held", 1, productOrderItem=[{"@type": "ProductOrderItem", "id": "1"}]),
        information(1),
        cancellation("done", 2),
    )
]

_TYPES = st.sampled_from(sorted(schemas.known_types()))
_VALUES = st.one_of(
    st.sampled_from(
        [None, True, False, 0, 1, -1, "", "x", [], {}, [{}], [None], Decimal("1.0"), Decimal("1.5")]
    ),
    st.sampled_from(["2026-03-02T08:00:00Z", "2026-03-02", "2026-02-30T08:00:00Z", "UNI", "add"]),
    _TYPES,
    st.builds(lambda name: {"@type": name}, _TYPES | st.just("UNI")),
    st.builds(lambda name: [{"@type": name, "id": "1"}], _TYPES | st.just("UNI")),
)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every member and element below, by what contains it."""
    steps = value.items() if isinstance(value, dict) else enumerate(value)
    for step, below in list(steps):
        yield value, step
        if isinstance(below, dict | list):
            yield from _places(below)


@st.composite
def _mutated(draw: st.DrawFn) -> dict[str, Any]:
    """A sample in which some values were replaced, removed or added."""
    value: dict[str, Any] = deepcopy(draw(st.sampled_from(_SAMPLES)))
    for _ in range(draw(st.integers(0, 3))):
        container, step = draw(st.sampled_from(list(_places(value)) or [(value, "id")]))
        match draw(st.sampled_from(["replace", "remove", "retype", "add"])):
            case "remove":
                del container[step]
            case "retype" if isinstance(container, dict):
                container["@type"] = draw(_TYPES | st.just("UNI"))
            case "add" if isinstance(container, dict):
                container[draw(st.sampled_from(["id", "@type", "place", "value", "state"]))] = draw(
                    _VALUES
                )
            case _:
                container[step] = draw(_VALUES)
    return value


@pytest.fixture(scope="module")
def explained() -> Any:
    """Whether the validator that explains finds a problem."""

    def find(value: Any, schema: str) -> bool:
        token = schemas._choices.set({})
        try:
            return any(True for _ in schemas._validator(schema).iter_errors(value))
        finally:
            schemas._choices.reset(token)

    return find


def test_both_accept_every_example(explained: Any) -> None:
    assert len(_SAMPLES) > 20
    for value in _SAMPLES:
        schema = message_type(value, "$").schema
        assert schemas.is_valid(value, schema)
        assert not explained(value, schema)


@settings(max_examples=400, deadline=None)
@given(value=_mutated(), other=_TYPES)
def test_both_accept_the_same_values(explained: Any, value: dict[str, Any], other: str) -> None:
    try:
        schema = message_type(value, "$").schema
    except InvalidError:
        schema = other if other in schemas._compiled() else "ProductOrder"
    assert schemas.is_valid(value, schema) is not explained(value, schema)


def test_each_schema_refuses_and_accepts_alike(explained: Any) -> None:
    for schema in schemas._compiled():
        values: list[Any] = [{}, {"@type": schema}, {"@type": "UNI", "id": "1"}, [], "x", None, 1]
        for value in values:
            assert schemas.is_valid(value, schema) is not explained(value, schema), (schema, value)


def test_a_keyword_that_is_not_supported_is_not_ignored() -> None:
    unsupported: list[Any] = [
        {"type": "string", "pattern": ""},
        {"items": {}},
        {"type": "object", "not": {}},
    ]
    for schema in unsupported:
        with pytest.raises(ValueError, match="unsupported"):
            Compiler({}).check(schema)


def test_choices_within_choices_are_tried_once_each() -> None:
    """Tried again for each choice around them, their number would double with each level."""
    place: dict[str, Any] = {"@type": "UNI"}
    for _ in range(60):
        place = {"@type": "UNI", "place": [place], "product": place}
    value = order(productOrderItem=[{"@type": "ProductOrderItem", "id": "1", "product": place}])
    assert schemas.is_valid(value, "ProductOrder") in {True, False}


_TEXTS = st.sampled_from(["", "a", "id", "ä", "x" * 499, "x" * 501, "\0", "\ud800", "a.b", "it's"])
_TREES = st.recursive(
    _TEXTS
    | st.sampled_from(
        [None, True, 1, 10**400, Decimal("1.5"), Decimal("1e1001"), Decimal("1e999")]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(_TEXTS, inner, max_size=3)
        | st.builds(lambda label, below: [{"id": label, "below": below}], _TEXTS, inner)
    ),
    max_leaves=12,
)


@settings(max_examples=400, deadline=None)
@given(value=_TREES)
def test_what_passes_the_fast_check_is_storable(value: Any) -> None:
    problems = list(unstorable(value, "$[12345678]"))
    if is_storable(value):
        assert problems == []
    elif not problems:
        # Wrong only about names, whose total is estimated.
        assert any(len(text) > 400 for text in _texts(value))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        for below in value.values():
            yield from _texts(below)
    elif isinstance(value, list):
        for below in value:
            yield from _texts(below)


def test_values_that_are_nested_too_deeply_are_not_storable() -> None:
    value: Any = 1
    for _ in range(100):
        value = [value]
    assert list(unstorable(value, "$")) == []
    assert is_storable(value) in {True, False}
    assert list(unstorable([value], "$")) != []
    assert not is_storable([value])
