"""Global identification by the Relay specification: https://relay.dev/graphql/objectidentification.htm."""

from typing import Any

import strawberry

from execution.resolving import reads
from resolvers.ids import global_id


@reads("id", "public_id")
def _id(root: strawberry.Parent[Any]) -> strawberry.ID:
    return strawberry.ID(global_id(root))


@strawberry.interface(description="An object that `node` and `nodes` find by its id.")
class Node:
    id: strawberry.ID = strawberry.field(
        resolver=_id,
        description="Identifies the object among all objects of the graph, for ever. Opaque.",
    )
