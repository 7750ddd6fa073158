"""Random operations on a schema. Each is valid and within the limits.

    documents = Documents(SCHEMA, {"number": ["A-10001", "A-99999"]})
    request = documents.request(Random(7))

A source of chance is all that is needed, so a seed makes the same request again; the strategies
are the same for Hypothesis. What is asked has everything that the language has: variables,
defaults, fragments, aliases, merged fields, conditions, lists within lists, abstract types. It is
made from the schema, so that a new field is asked for on the day it is added.
"""

from collections.abc import Collection
from dataclasses import dataclass
from random import Random
from typing import Any

import orjson
from graphql import GraphQLSchema
from hypothesis import strategies as st

from tests.graph.document_author import Author, Bounds, Composite
from tests.graph.document_values import Pool


@dataclass(frozen=True)
class Request:
    """What a client sends, without the HTTP part."""

    query: str
    variables: dict[str, Any]
    operation: str | None
    """The name of the operation to execute. None if there is only one."""

    @property
    def parameters(self) -> dict[str, Any]:
        """The request as GraphQL over HTTP defines it."""
        named = {} if self.operation is None else {"operationName": self.operation}
        return {"query": self.query, "variables": self.variables, **named}

    @property
    def body(self) -> bytes:
        return orjson.dumps(self.parameters)


class Documents:
    """Makes requests, without those fields ("Viewer.rateLimit"). `Pool` explains the names by which
    it holds values for arguments."""

    def __init__(
        self,
        schema: GraphQLSchema,
        pool: Pool,
        bounds: Bounds | None = None,
        *,
        without: Collection[str] = (),
    ) -> None:
        self.schema = schema
        self.pool = pool
        self.bounds = bounds or Bounds()
        self.without = without
        types: dict[str, set[str]] = {}
        for kind in schema.type_map.values():
            if isinstance(kind, Composite) and not kind.name.startswith("__"):
                for name, each in kind.fields.items():
                    types.setdefault(name, set()).add(str(each.type))
        self.ambiguous = {name for name, kinds in types.items() if len(kinds) > 1}
        """Fields whose type depends on the object's: below an abstract type, they need aliases."""

    def request(self, random: Random) -> Request:
        known = self.schema, self.ambiguous, self.without, self.pool, self.bounds
        return Request(*Author(*known, random).document())


def requests(documents: Documents) -> st.SearchStrategy[Request]:
    """The requests as a strategy that shrinks to the smallest failing document."""
    return st.randoms(use_true_random=False).map(documents.request)


def seeded_requests(documents: Documents) -> st.SearchStrategy[Request]:
    """A strategy that is about twenty times faster, but does not shrink."""
    return st.integers(0, 2**32 - 1).map(lambda seed: documents.request(Random(seed)))
