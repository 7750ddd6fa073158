"""Global ids, as defined by https://relay.dev/graphql/objectidentification.htm."""

from collections.abc import Callable
from typing import Any

import strawberry

from db.base import Base
from db.rows import model_of
from execution.resolving import reads
from execution.runtime_types import by_class
from resolvers.ids import global_id


def rows_of(model: type[Base]) -> Callable[[object, object], bool]:
    """An `is_type_of` that accepts the rows of the model."""

    @by_class
    def is_type_of(row: object, _: object) -> bool:
        return model_of(row) is model

    return staticmethod(is_type_of)


@reads("id", "public_id")
def _id(root: strawberry.Parent[Any]) -> strawberry.ID:
    return strawberry.ID(global_id(root))


@strawberry.interface(
    description="An object that has a globally unique id. `node` and `nodes` find it by that id."
)
class Node:
    id: strawberry.ID = strawberry.field(
        resolver=_id,
        description="An opaque id that is unique among all objects of the graph and never changes.",
    )
