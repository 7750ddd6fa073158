"""Loads what the fields of the graph show: relations, pages, look-ups, counts."""
