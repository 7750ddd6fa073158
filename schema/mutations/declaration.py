"""How a mutation is declared: `mutation` makes its field."""

from collections.abc import Sequence
from inspect import Parameter, Signature
from typing import Annotated, Any, Protocol, Union

import strawberry
from strawberry.types import get_object_definition

from auth.oauth_scopes import OAuthScope
from db.enums import AuditAction
from execution.resolving import by_level
from resolvers.context import Context
from resolvers.mutations import Service, Written, carry_out
from schema.mutations.errors import Rejected
from schema.required_scopes import requires, scopes_of

KEY_DESCRIPTION = (
    "A key that you choose for this request, such as a random number: 1 to 100 printable "
    "ASCII characters. If you do not get an answer, send the same request with the same key: it is "
    "carried out once. Keys belong to your account and the tenant that it acts for, and are "
    "remembered for 30 days."
)
REPLAYED_DESCRIPTION = (
    "Whether an earlier request with the same idempotency key made this change. The objects are "
    "shown as they are now."
)


class UndeclaredMutationError(Exception):
    """A field of `Mutation` needs no scope."""


class Payload(Protocol):
    """The type that a mutation returns if it was not rejected."""

    @classmethod
    def of(cls, written: Written) -> Any: ...


def mutation(
    *,
    input: type[Any],
    payload: type[Payload],
    service: Service[Any],
    scope: OAuthScope,
    action: AuditAction,
    description: str,
) -> Any:
    """The field of a mutation that needs a scope and leaves an audit entry.

    `input` is named `…Input` and has an `idempotency_key`. The field's type is the union `…Result`
    of `payload` and `Rejected`. It is nullable, so that it can fail without its neighbours.
    """

    async def resolve(parents: Sequence[Any], context: Context, input: Any) -> list[Any]:
        outcome = await carry_out(context, action, service, input)
        if isinstance(outcome, Written):
            return [payload.of(outcome)] * len(parents)
        rejected: Any = Rejected(errors=list(outcome))  # type: ignore[arg-type]
        return [rejected] * len(parents)

    name = input.__name__.removesuffix("Input")
    kind = Parameter.POSITIONAL_OR_KEYWORD
    argument: Any = Annotated[
        input,
        strawberry.argument(description="The input of the mutation."),
    ]
    resolve.__signature__ = Signature(  # type: ignore[attr-defined]
        [
            Parameter("parents", kind),
            Parameter("context", kind),
            Parameter("input", kind, annotation=argument),
        ]
    )
    result = strawberry.union(
        f"{name}Result", description=f"The result of `{name[0].lower()}{name[1:]}`."
    )
    union: Any = Annotated[Union[payload, Rejected], result]  # noqa: UP007
    return strawberry.field(
        resolver=by_level(resolve),
        graphql_type=union | None,
        description=description,
        directives=requires(scope),
    )


def check_mutations(kind: type[Any]) -> None:
    """Raises UndeclaredMutationError for the first field of the root type without a scope."""
    definition = get_object_definition(kind, strict=True)
    for field in definition.fields:
        if not scopes_of(field):
            raise UndeclaredMutationError(f"{definition.name}.{field.python_name} needs no scope")
