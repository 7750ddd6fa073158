"""Scopes: which tenants' rows a session sees, enforced by two independent layers.

First layer, on both databases: criteria on every statement (`criteria`), a check of the SQL
(`sql_check`) and of written rows (`row_check`), applied by hooks (`enforcement`). Second layer, on
PostgreSQL: row-level security (`policies`) for roles (`roles`) that each transaction takes on
(`transactions`).
"""
