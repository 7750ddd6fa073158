"""Measures the product on a large order book: `python -m bench --help`."""
