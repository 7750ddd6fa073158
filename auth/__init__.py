"""Authentication: verifies credentials and finds the principal of a request."""
