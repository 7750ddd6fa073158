"""Which rows a session may touch."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class TenantScope:
    """The part of the tenant forest that a session sees.

    `root_tenant_id` is the partner at the top; `tenant_ids` names the tenants of its tree that are
    seen, all of them where it is None. With `customer_id` it is what that one customer of the only
    tenant sees. The carrier's own jobs see every tree: `TenantScope.carrier()`.
    """

    root_tenant_id: int | None
    tenant_ids: tuple[int, ...] | None = None
    customer_id: UUID | None = None

    def __post_init__(self) -> None:
        if self.root_tenant_id is None and (self.tenant_ids, self.customer_id) != (None, None):
            raise ValueError("the carrier's scope is everything")
        if self.customer_id is not None and len(self.tenant_ids or ()) != 1:
            raise ValueError("a customer belongs to one tenant")

    @classmethod
    def carrier(cls) -> "TenantScope":
        """Everything. For the carrier's own jobs: seeding, intake."""
        return cls(None)

    @classmethod
    def tree(cls, root_tenant_id: int) -> "TenantScope":
        """A partner with all its sub-tenants."""
        return cls(root_tenant_id)

    @classmethod
    def tenants(cls, root_tenant_id: int, tenant_ids: tuple[int, ...]) -> "TenantScope":
        """Some tenants of one partner's tree."""
        return cls(root_tenant_id, tenant_ids)

    @classmethod
    def customer(cls, root_tenant_id: int, tenant_id: int, customer_id: UUID) -> "TenantScope":
        """One customer of one tenant: its documents and users, and the tenant's own row."""
        return cls(root_tenant_id, (tenant_id,), customer_id)

    def owns(self, root_tenant_id: int, tenant_id: int) -> bool:
        """Whether a row of that tenant can lie in the scope."""
        if self.root_tenant_id is None:
            return True
        if self.root_tenant_id != root_tenant_id:
            return False
        return self.tenant_ids is None or tenant_id in self.tenant_ids
