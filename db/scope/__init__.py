"""Which rows a session may touch, and the layers that enforce it."""
