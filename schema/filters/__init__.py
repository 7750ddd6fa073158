"""How lists are filtered and sorted: one file for each kind of object."""
