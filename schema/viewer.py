"""The caller of an operation."""

from datetime import datetime, timedelta
from uuid import UUID

import strawberry

from auth.principal import Principal
from resolvers import relations
from resolvers.context import Info
from schema.enums import PrincipalKind
from schema.fields import to_one


@strawberry.type(
    description="The rate limit of the caller, counted in points. An operation takes as many "
    "points as it may cost, and returns those that it did not use. Points are "
    "refilled continuously."
)
class RateLimit:
    limit: int = strawberry.field(description="The number of points when none are used.")
    remaining: int = strawberry.field(
        description="The number of points that are left. The points of this operation are already "
        "taken."
    )
    reset_at: datetime = strawberry.field(
        description="When all points will be available again if no more are used."
    )


def _rate_limit(info: Info) -> RateLimit | None:
    quota = info.context.quota()
    if quota is None:
        return None
    return RateLimit(
        limit=quota.limit,
        remaining=quota.remaining,
        reset_at=info.context.present.now + timedelta(seconds=quota.reset_seconds),
    )


@strawberry.type(description="The caller, as identified by the credential of the request.")
class Viewer:
    tenant_id: strawberry.Private[int | None]
    customer_id: strawberry.Private[UUID | None]
    kind: PrincipalKind = strawberry.field(description="The kind of caller.")
    client_name: str = strawberry.field(
        description="The name under which the client was registered, or the name of the portal "
        "user."
    )
    token_id: str = strawberry.field(
        description="The public part of the credential, by which lists and logs name it."
    )
    scopes: list[str] = strawberry.field(
        description='The OAuth scopes of the credential: "orders:read". `@requiresScope` says '
        "which scope a field needs."
    )
    expires_at: datetime | None = strawberry.field(
        description="When the credential expires. Null if it does not expire."
    )
    tenant_number: str | None = strawberry.field(
        description="The number of the topmost tenant that this request may see: the tenant of "
        "the credential, or the tenant named by the header `X-Tenant`. Null for the "
        "carrier's own systems and staff, which see all tenants."
    )
    tenant = to_one(
        relations.TENANT,
        "tenant_id",
        "The topmost tenant that this request may see. Null if `tenantNumber` is null.",
    )
    customer = to_one(
        relations.CUSTOMER,
        "customer_id",
        "The only customer whose documents this request may see. Null if the credential is not "
        "restricted to one customer.",
    )
    rate_limit: RateLimit | None = strawberry.field(
        resolver=_rate_limit,
        description="The rate limit of the caller. Null if the caller has no rate limit.",
    )

    @classmethod
    def of(cls, principal: Principal) -> "Viewer":
        return cls(
            tenant_id=principal.tenant_id,
            customer_id=principal.customer_id,
            kind=principal.kind,
            client_name=principal.client_name,
            token_id=principal.token_id,
            scopes=sorted(principal.scopes),
            expires_at=principal.expires_at,
            tenant_number=principal.tenant_number,
        )
