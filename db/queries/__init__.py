"""Statements that read the order book, one module for each aggregate.

They do not mention the scope: the session adds it (`db.session`).
"""
