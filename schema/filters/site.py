"""Lists of sites, which have no filter."""

from db.queries import customers as queries
from resolvers.context import Context
from schema.enums import Direction
from schema.listing import Listing


async def _all_sites(_: Context, __: None) -> queries.SiteFilter:
    return queries.SiteFilter()


SITES = Listing(
    queries.SITES,
    None,
    _all_sites,
    None,
    (queries.SiteSortField.NUMBER, Direction.ASC),
    "by number",
)
