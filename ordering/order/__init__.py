"""Orders: what was stated, what may be reported, and what follows from a report."""
