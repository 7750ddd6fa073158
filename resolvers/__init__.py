"""How a field of the graph gets its rows."""
