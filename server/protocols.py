"""What the server needs to know of the product behind it, and nothing more."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from server.requests import Request


class Principal(Protocol):
    """The holder of an accepted credential."""

    @property
    def account(self) -> str:
        """Its name in logs. Limits count all principals of one account together."""
        ...

    @property
    def scopes(self) -> frozenset[str]:
        """The OAuth scopes of the credential."""
        ...

    @property
    def reads_only(self) -> bool:
        """True if mutations are refused, whatever the scopes are."""
        ...


class Context(Protocol):
    """What the resolvers of one operation share."""

    @property
    def statements(self) -> int:
        """Database statements sent so far."""
        ...


@dataclass(frozen=True, slots=True)
class Operation:
    """The operation that a context is opened for."""

    name: str | None
    type: str
    """`query` or `mutation`."""
    text: str
    """The whole document."""


PrincipalT = TypeVar("PrincipalT", bound=Principal)
ContextT_co = TypeVar("ContextT_co", bound=Context, covariant=True)


class Application(Protocol[PrincipalT, ContextT_co]):
    """Knows principals, and opens the context of an operation."""

    async def authenticate(self, request: Request) -> PrincipalT:
        """The principal of a request, by its headers; raises RequestRefusedError."""
        ...

    def context(
        self, principal: PrincipalT, request: Request, operation: Operation
    ) -> AbstractAsyncContextManager[ContextT_co]:
        """The context of one valid operation.

        It is left before the response is sent: by then it has released what it holds, or failed.
        Raises RequestRefusedError, or ApiError for an error of the GraphQL request.
        """
        ...
