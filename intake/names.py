"""Where a message says what `ordering` refers to."""

Names = dict[str, tuple[str, str]]
"""The subject of a difference or of a refusal (`ordering.order.differences`, `ordering.errors`):
its JSON path, and its full name as a characteristic."""
