"""Who is asking."""

from datetime import datetime, timedelta

import strawberry

from auth.principal import Principal
from ratelimit.buckets import current_quota
from resolvers import relations
from resolvers.context import Info
from schema.enums import PrincipalKind
from schema.fields import lazy, to_one


def _client(root: strawberry.Parent[Principal]) -> str:
    return root.client_name


def _scopes(root: strawberry.Parent[Principal]) -> list[str]:
    return sorted(root.scopes)


@strawberry.type(
    description="How much a client may ask for over time. An operation takes the points of its "
    "requested cost and gets back what it did not use; points come back steadily."
)
class RateLimit:
    limit: int = strawberry.field(description="The points of a client that has used none.")
    remaining: int = strawberry.field(
        description="The points that are left, those of this operation taken."
    )
    reset_at: datetime = strawberry.field(
        description="When all points will be there again, if no more are used."
    )


def _rate_limit(info: Info) -> RateLimit | None:
    quota = current_quota()
    if quota is None:
        return None
    return RateLimit(
        limit=quota.limit,
        remaining=quota.remaining,
        reset_at=info.context.present.now + timedelta(seconds=quota.reset_seconds),
    )


@strawberry.type(description="Whoever holds the credential of this request.")
class Viewer:
    kind: PrincipalKind = strawberry.field(description="What kind of caller it is.")
    client_name: str = strawberry.field(
        resolver=_client,
        description="The name that the client was registered under, or the person's own.",
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
    tenant_number: str | None = strawberry.field(
        description="The number of the tenant at the top of all that this request may see: the "
        "credential's, or the part of it that the header `X-Tenant` names. Null for the carrier's "
        "own, who see all tenants."
    )
    tenant = strawberry.field(
        resolver=to_one(relations.TENANT, "tenant_id"),
        graphql_type=lazy("Tenant") | None,
        description="That tenant.",
    )
    customer = strawberry.field(
        resolver=to_one(relations.CUSTOMER, "customer_id"),
        graphql_type=lazy("Customer") | None,
        description="The one customer whose documents this request may see; null where it is not "
        "bound to one.",
    )
    rate_limit: RateLimit | None = strawberry.field(
        resolver=_rate_limit,
        description="What the caller may still ask for; null where nothing limits it.",
    )
