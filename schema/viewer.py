"""Who is asking."""

import strawberry

from auth.principal import Principal
from resolvers import relations
from schema.enums import PrincipalKind
from schema.fields import lazy, to_one


def _client(root: strawberry.Parent[Principal]) -> str:
    return root.client_name


@strawberry.type(description="Whoever holds the credential of this request.")
class Viewer:
    kind: PrincipalKind = strawberry.field(description="What kind of caller it is.")
    client_name: str = strawberry.field(
        resolver=_client, description="The name that the client was registered under."
    )
    tenant = strawberry.field(
        resolver=to_one(relations.TENANT, "tenant_id"),
        graphql_type=lazy("Tenant") | None,
        description="The tenant at the top of all that the caller may see.",
    )
