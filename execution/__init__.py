"""GraphQL over HTTP for a Strawberry schema: limits, errors, prepared documents, logs.

This package knows GraphQL, Strawberry and Starlette, and nothing of the schema it serves: who asks
and what a resolver's context holds are handed in.
"""
