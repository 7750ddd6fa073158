"""Administration of credentials, users, origins and signing keys by an operator's commands.

Every change is recorded in the audit log, in its own transaction. Nothing that serves a request
imports this package.
"""


class AdminError(Exception):
    """The operator's request cannot be fulfilled. The message tells the operator why."""
