"""How lists are filtered and sorted: one file for each kind of object.

Each file declares the inputs that clients send, turns them into the filter of `db.queries`, and
declares the `Listing` that fields of the graph are made of.
"""
