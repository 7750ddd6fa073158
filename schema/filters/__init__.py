"""How lists are filtered and sorted: one file for each kind of object.

Each file declares what clients can filter and sort by, with the conditions and columns of the
database, and the `Listing` that fields of the graph are made of.
"""
