"""Requests per second and latency on a large order book: `python -m bench`."""
