"""Which rows a session may touch."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """The part of the tenant forest that a session sees.

    `root_tenant_id` is the partner at the top; `tenant_ids` names the tenants of its tree that are
    seen, all of them where it is None. The carrier's own jobs see every tree: `Scope.carrier()`.
    """

    root_tenant_id: int | None
    tenant_ids: tuple[int, ...] | None = None

    @classmethod
    def carrier(cls) -> "Scope":
        """Everything. For the carrier's own jobs: seeding, intake."""
        return cls(None)

    @classmethod
    def tree(cls, root_tenant_id: int) -> "Scope":
        """A partner with all its sub-tenants."""
        return cls(root_tenant_id)

    @classmethod
    def tenants(cls, root_tenant_id: int, tenant_ids: tuple[int, ...]) -> "Scope":
        """Some tenants of one partner's tree."""
        return cls(root_tenant_id, tenant_ids)

    def owns(self, root_tenant_id: int, tenant_id: int) -> bool:
        """Whether a row of that tenant lies in the scope."""
        if self.root_tenant_id is None:
            return True
        if self.root_tenant_id != root_tenant_id:
            return False
        return self.tenant_ids is None or tenant_id in self.tenant_ids
