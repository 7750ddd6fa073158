"""Offers: each leads to one order at most."""
