"""Which rows a session may read and write."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class TenantScope:
    """The part of the tenant forest that a session sees.

    `root_tenant_id` is the partner at the root of a tree, and None for the carrier, who sees every
    tree. `tenant_ids` restricts the scope to some tenants of the tree. `customer_id` restricts it
    to one customer; `tenant_ids` then holds the customer's tenant.
    """

    root_tenant_id: int | None
    tenant_ids: tuple[int, ...] | None = None
    customer_id: UUID | None = None

    def __post_init__(self) -> None:
        if self.root_tenant_id is None and (self.tenant_ids, self.customer_id) != (None, None):
            raise ValueError("the carrier's scope cannot be restricted")
        if self.customer_id is not None and len(self.tenant_ids or ()) != 1:
            raise ValueError("a customer belongs to one tenant")

    @classmethod
    def carrier(cls) -> "TenantScope":
        """Every tree. For the carrier's own jobs, such as intake."""
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
        """One customer of a tenant: its documents and users, and the row of the tenant."""
        return cls(root_tenant_id, (tenant_id,), customer_id)

    def owns(self, root_tenant_id: int, tenant_id: int) -> bool:
        """Whether rows of that tenant can be in the scope."""
        if self.root_tenant_id is None:
            return True
        if self.root_tenant_id != root_tenant_id:
            return False
        return self.tenant_ids is None or tenant_id in self.tenant_ids
