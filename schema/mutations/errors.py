"""Errors of mutations as data."""

from collections.abc import Callable
from datetime import datetime

import strawberry

from execution.runtime_types import by_class
from ordering import problems
from schema.enums import UserErrorCode


def _instances_of(kind: type[object]) -> Callable[[object, object], bool]:
    @by_class
    def is_type_of(value: object, _: object) -> bool:
        return isinstance(value, kind)

    return staticmethod(is_type_of)


@strawberry.interface(
    name="UserError",
    description="An error in the input of a mutation, which a program can act on. Types of errors "
    "may be added: select the fields of this interface, and more for the types that you know.",
)
class Problem:
    code: UserErrorCode = strawberry.field(
        description="The kind of error. It never changes meaning."
    )
    message: str = strawberry.field(
        description="An explanation for developers, in English. It may change."
    )
    path: list[str] | None = strawberry.field(
        description='The path of the value below `input`: ["text"]. Null if the error is about no '
        "single value."
    )


@strawberry.type(description="A value of the input breaks a rule.")
class InvalidField(Problem):
    is_type_of = _instances_of(problems.InvalidField)

    rule: str = strawberry.field(
        description="The name of the rule, which never changes meaning: NOT_EMPTY, MAX_LENGTH, "
        "NO_CONTROL_CHARACTERS (none but line breaks and tabs) or PRINTABLE_ASCII. Rules may be "
        "added."
    )


@strawberry.type(
    description="The input names an object that does not exist, or that you may not see."
)
class NotFound(Problem):
    is_type_of = _instances_of(problems.NotFound)


@strawberry.type(
    description="The idempotency key has been used for another request: another mutation, or other "
    "input."
)
class KeyReused(Problem):
    is_type_of = _instances_of(problems.KeyReused)

    first_used_at: datetime = strawberry.field(description="When the key was first used.")


@strawberry.type(
    description="The mutation was rejected, and nothing was changed. Its idempotency key may be "
    "used again."
)
class Rejected:
    errors: list[Problem] = strawberry.field(
        description="Everything that is wrong with the input, at least one error."
    )


ERRORS = (InvalidField, NotFound, KeyReused)
"""All types of errors."""
