"""Who is asking."""

from datetime import datetime

import strawberry

from auth.principal import Principal
from resolvers import relations
from schema.enums import PrincipalKind
from schema.fields import lazy, to_one


def _client(root: strawberry.Parent[Principal]) -> str:
    return root.client_name


def _scopes(root: strawberry.Parent[Principal]) -> list[str]:
    return sorted(root.permissions)


@strawberry.type(description="Whoever holds the credential of this request.")
class Viewer:
    kind: PrincipalKind = strawberry.field(description="What kind of caller it is.")
    client_name: str = strawberry.field(
        resolver=_client, description="The name that the client was registered under."
    )
    token_id: str = strawberry.field(
        description="The public part of the credential, by which lists and logs name it."
    )
    scopes: list[str] = strawberry.field(
        resolver=_scopes,
        description="What the credential is good for: the names that `@requiresScope` states in "
        "the schema.",
    )
    expires_at: datetime | None = strawberry.field(
        description="When the credential ends; null if it does not by itself."
    )
    tenant_number: str = strawberry.field(
        description="The number of the tenant at the top of all that this request may see: the "
        "credential's, or the part of it that the header `X-Tenant` names."
    )
    tenant = strawberry.field(
        resolver=to_one(relations.TENANT, "tenant_id"),
        graphql_type=lazy("Tenant") | None,
        description="That tenant.",
    )
