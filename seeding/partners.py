"""The partners: trees of tenants, the people who work for them, and how many orders are theirs."""

from dataclasses import dataclass, field
from uuid import UUID

from seeding.book import Book
from seeding.clock import DAY, instant
from seeding.names import slug

WIDE = 500
"""How many sub-tenants the largest partner of a large order book has."""
_LARGE = 100_000
_SYSTEMS = ("crmOrderId", "crmOrderId", "crmOrderId", "ticketId", "purchaseOrderNumber")


@dataclass(frozen=True, slots=True)
class User:
    id: UUID
    name: str
    email: str


@dataclass(slots=True)
class Tenant:
    id: int
    parent: "Tenant | None"
    level: int
    number: str
    name: str
    dealer_id: str
    sub_partner_id: str | None
    system: str
    """What the partner calls the numbers of its CRM."""
    orders: int = 0
    """How many of the order book's orders are this tenant's own."""
    users: list[User] = field(default_factory=list)
    domains: set[str] = field(default_factory=set)
    """The mail domains given in the tree, where an address belongs to one person. At the root."""

    @property
    def root(self) -> "Tenant":
        return self.parent.root if self.parent else self

    def domain(self, company: str) -> str:
        """A reserved mail domain for a company, which no other company of the tree has."""
        base = domain = slug(company)
        count = 1
        while domain in self.root.domains:
            count += 1
            domain = f"{base}-{count}"
        self.root.domains.add(domain)
        return f"{domain}.example"


def add_partners(book: Book, orders: int) -> list[list[Tenant]]:
    """The trees, largest first, the root first in each; every order has been given to a tenant."""
    count = min(40, max(3, round(40 * (orders / 200_000) ** 0.5)))
    shares = split(orders, [(rank + 1) ** -0.9 for rank in range(count)])
    trees: list[list[Tenant]] = []
    for rank, share in enumerate(shares):
        tree = _tree(book, sum(map(len, trees)) + 1, _sub_tenants(book, rank, orders))
        # The root sells most itself.
        weights = [len(tree) ** 0.5, *((i + 1) ** -0.6 for i in range(len(tree) - 1))]
        for tenant, part in zip(tree, split(share, weights), strict=True):
            tenant.orders = part
        trees.append(tree)
    return trees


def split(total: int, weights: list[float]) -> list[int]:
    """Whole parts in proportion to the weights, which add up to the total."""
    parts, given, running, weight = [], 0, 0.0, sum(weights)
    for part in weights:
        running += part
        until = round(total * running / weight)
        parts.append(until - given)
        given = until
    return parts


def _sub_tenants(book: Book, rank: int, orders: int) -> int:
    if rank == 0:
        return WIDE if orders >= _LARGE else 12
    if rank == 1:
        return 6
    return max(0, book.draw.between(-5, 12))


def _tree(book: Book, first: int, sub_tenants: int) -> list[Tenant]:
    tree: list[Tenant] = []
    for position in range(sub_tenants + 1):
        # Every third stands below another sub-tenant, three levels deep at most.
        parent = tree[0] if tree else None
        if position and position % 3 == 0:
            candidate = tree[book.draw.between(1, position - 1)]
            parent = candidate if candidate.level == 2 else parent
        tree.append(_tenant(book, first + position, parent))
    return tree


def _tenant(book: Book, identifier: int, parent: Tenant | None) -> Tenant:
    draw, names = book.draw, book.names
    name = names.partner()
    tenant = Tenant(
        id=identifier,
        parent=parent,
        level=parent.level + 1 if parent else 1,
        number=f"M-{10_000 + identifier}",
        name=name,
        dealer_id=f"H-{20_000 + 7 * identifier}",
        sub_partner_id=f"UVP-{30_000 + 3 * identifier}" if parent else None,
        system=parent.root.system if parent else draw.one_of(_SYSTEMS),
    )
    since = book.since - draw.between(30, 900) * DAY
    domain = tenant.domain(name)
    book.batch.add(
        *("tenants", identifier, draw.id(since), tenant.root.id, parent.id if parent else None),
        *(tenant.number, name, f"auftrag@{domain}", instant(since)),
    )
    for position in range(draw.between(2, 4) if parent is None else draw.between(1, 2)):
        person = names.person()
        # The position keeps two people of one name apart.
        mailbox = f"{person.mailbox}{position or ''}"
        user = User(draw.id(since), person.name, f"{mailbox}@{domain}")
        book.batch.add(
            *("portal_users", user.id, identifier, tenant.root.id, None, user.name, user.email),
            *(instant(since), None, None),
        )
        tenant.users.append(user)
    return tenant
