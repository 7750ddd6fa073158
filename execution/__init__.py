"""A GraphQL engine for Strawberry schemas: parsing, limits, cost, permissions, planning, execution.

It knows nothing of HTTP, of storage or of the schema that it serves. Callers hand in the schema,
the limits, the granted scopes and the context of resolvers. `docs/execution.md` is the overview.
"""
