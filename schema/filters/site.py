"""Lists of sites, which have no filter."""

from db.models import Site
from db.queries import lists
from schema.enums import Direction
from schema.listing import Listing

SITES = Listing(lists.SITES, "sites", None, None, (Site.number, Direction.ASC), "by number")
