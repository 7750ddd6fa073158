"""Broken requests: a valid request with one to three mistakes, as the bytes that are sent.

Most of them are nearly right, so that they get further than noise would: one word is another, a
value is of the wrong kind, a variable is missing, the text ends too early, a byte is damaged.
"""

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from hashlib import sha256
from random import Random
from typing import Any

from graphql import GraphQLSchema
from hypothesis import strategies as st

from tests.graph.documents import Documents

_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|\.\.\.|\$?\w+|[^\w\s]')
_PUNCTUATION = [
    *"{}()[]:!$@=|&,#",
    "...",
    '"',
    '"""',
    "query",
    "mutation",
    "fragment",
    "on",
    "null",
]
_PLAIN: list[Any] = [
    *(None, True, 0, -1, 3, 251, 2**31, 2**63, 10**400, 1.5, -0.0, "", "x", "\0", "null", "[]"),
    *(
        "A" * 5_000,
        "Ünï 🏃",
        "\ud800",
        "2026-13-45",
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00Z",
    ),
    *("9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "1e999999", "' OR 1=1 --", "%_\\"),
    *("ord_AAAAAAAAAAAAAAAAAAAAAA", "ten_" + "_" * 22, "nul_AZqtMX1ycVGQ2k0mB3jL5g", "e30"),
    *([], {}, [[]], {"a": {}}, [None], {"from": None}, {"field": None}, ["x"] * 300),
]
"""Values that a client might send in the wrong place."""

_DEEP = 100_000


def broken(documents: Documents, random: Random) -> bytes:
    """A request with mistakes. Occasionally they cancel each other out."""
    parameters: Any = documents.request(random).parameters
    words = _words(documents.schema)
    for _ in range(random.choice([1, 1, 1, 2, 3])):
        if isinstance(parameters, dict):
            kind = random.random()
            if kind < 0.5 and isinstance(parameters.get("query"), str):
                parameters["query"] = random.choice(_OF_TEXT)(parameters["query"], random, words)
            elif kind < 0.93:
                parameters["variables"] = _other_variables(parameters.get("variables"), random)
            else:
                parameters = _other_parameters(parameters, random)
    body = _encoded(parameters)
    return random.choice(_OF_BYTES)(body, random) if random.random() < 0.08 else body


def broken_bodies(documents: Documents) -> st.SearchStrategy[bytes]:
    """The requests as a strategy. Each is made from an integer, so examples do not shrink."""
    return st.integers(0, 2**32 - 1).map(lambda seed: broken(documents, Random(seed)))


@cache
def _words(schema: GraphQLSchema) -> list[str]:
    """Names that are valid elsewhere."""
    words = [name for name in schema.type_map if not name.startswith("__")]
    for kind in schema.type_map.values():
        for name, each in getattr(kind, "fields", {}).items():
            words += [name, *getattr(each, "args", ())]
        words += getattr(kind, "values", ())
    return [*dict.fromkeys(words)]


def _cut(text: str, random: Random, _words: list[str]) -> str:
    return text[: random.randrange(len(text) + 1)]


def _another_token(text: str, random: Random, words: list[str]) -> str:
    tokens = [*_TOKENS.finditer(text)]
    if not tokens:
        return text
    token = random.choice(tokens)
    literals = ['"x"', "251", "-1", "1.5", "true", "null", "[1]", "{a: 1}", "$nothing", "nothing"]
    other = random.choice([random.choice(words), random.choice(_PUNCTUATION), *literals])
    return f"{text[: token.start()]}{other}{text[token.end() :]}"


def _one_token_less(text: str, random: Random, _words: list[str]) -> str:
    tokens = [*_TOKENS.finditer(text)]
    if not tokens:
        return text
    token = random.choice(tokens)
    return f"{text[: token.start()]} {text[token.end() :]}"


def _one_token_more(text: str, random: Random, words: list[str]) -> str:
    tokens = [*_TOKENS.finditer(text)]
    at = random.choice(tokens).start() if tokens else 0
    more = random.choice([random.choice(_PUNCTUATION), random.choice(words), "\0", "\ufeff", "é"])
    return f"{text[:at]} {more} {text[at:]}"


def _nested(text: str, random: Random, _words: list[str]) -> str:
    times = random.choice([5, 15, 60, 300])
    inner = random.choice(
        [
            "{ order(number: 1) " * times + "{ id }" + "}" * times,
            "{ nodes(ids: " + "[" * times + "]" * times + ") { id } }",
            "{ orders(filter: " + "{a: " * times + "1" + "}" * times + ") { totalCount } }",
            "{ node(id: 1) { " + "... on Order { " * times + "id" + " }" * (times + 2),
            "{ a: viewer { kind } " * 1 + "viewer { kind } " * times + "}",
            "{ " + " ".join(f"a{n}: viewer {{ kind }}" for n in range(times)) + " }",
            "{ viewer { kind " + "@include(if: true) " * times + "} }",
            "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
            "query (" + " ".join(f"$v{n}: Int" for n in range(times)) + ") { viewer { kind } }",
        ]
    )
    return inner if random.random() < 0.8 else f"{text} {inner}"


_OF_TEXT: list[Callable[[str, Random, list[str]], str]] = [
    *(_another_token, _another_token, _another_token, _one_token_less, _one_token_more),
    *(_cut, _nested),
]


def _other_variables(variables: Any, random: Random) -> Any:
    if not isinstance(variables, dict) or not variables or random.random() < 0.1:
        return random.choice([*_PLAIN, {f"v{n}": n for n in range(3_000)}])
    name = random.choice([*variables])
    if random.random() < 0.25:
        return {each: value for each, value in variables.items() if each != name}
    return {**variables, name: _other_value(variables[name], random)}


def _other_value(value: Any, random: Random) -> Any:
    """Another value, or the same value with another value inside."""
    if isinstance(value, str) and value and random.random() < 0.6:
        at = random.randrange(len(value))
        return value[:at] + random.choice(["", "A", "_", "0", "\0", "🏃", " "]) + value[at + 1 :]
    if isinstance(value, dict) and value and random.random() < 0.7:
        name = random.choice([*value])
        return {**value, name: _other_value(value[name], random)}
    if isinstance(value, list) and value and random.random() < 0.7:
        at = random.randrange(len(value))
        return [*value[:at], _other_value(value[at], random), *value[at + 1 :]]
    return random.choice([*_PLAIN, [value], {"value": value}])


def _other_parameters(parameters: Mapping[str, Any], random: Random) -> Any:
    name = random.choice(["query", "variables", "operationName", "extensions"])
    without = {each: value for each, value in parameters.items() if each != name}
    return random.choice(
        [
            without,
            {**without, name: random.choice(_PLAIN)},
            {**parameters, "operationName": "Nobody"},
            {**parameters, "extensions": {"persistedQuery": _hash(parameters, random)}},
            {**without, "documentId": random.choice(["sha256:", "sha256:" + "0" * 64, "x", 1])},
            [parameters, parameters],
            random.choice(_PLAIN),
        ]
    )


def _hash(parameters: Mapping[str, Any], random: Random) -> Any:
    """A reference to a document that the server knows, or should know."""
    text = str(parameters.get("query")).encode()
    digest = random.choice([sha256(text).hexdigest(), "0" * 64, "", None, 7])
    return random.choice([{"version": 1, "sha256Hash": digest}, {"sha256Hash": digest}, *_PLAIN])


def _encoded(parameters: Any) -> bytes:
    # `json` writes what orjson would refuse: unpaired surrogates and large numbers.
    return json.dumps(parameters).encode()


def _cut_short(body: bytes, random: Random) -> bytes:
    return body[: random.randrange(len(body) + 1)]


def _damaged(body: bytes, random: Random) -> bytes:
    at = random.randrange(len(body) + 1)
    return body[:at] + random.randbytes(random.choice([1, 1, 2, 8])) + body[at + 1 :]


def _wrapped(body: bytes, random: Random) -> bytes:
    deep = b'{"query": "{ viewer { kind } }", "variables": {"a": ' + b"[" * _DEEP
    return random.choice([b"", b"null", b"\xff\xfe", deep, b"[" * _DEEP, body + body, b" " + body])


_OF_BYTES: list[Callable[[bytes, Random], bytes]] = [_cut_short, _damaged, _wrapped]
