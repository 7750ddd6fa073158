"""Responses of the graph before they are encoded, and what an operation has used by its answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from execution.cost import OperationCost
from execution.errors import ApiError, ErrorCode, FormattedError, LimitExceededError, formatted
from server.errors import HttpErrorCode
from server.responses import Response, encoded


@dataclass(slots=True)
class Answer:
    """A GraphQL response before it is encoded."""

    status: int
    payload: dict[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def codes(self) -> list[str]:
        """The codes of its errors."""
        errors = self.payload.get("errors")
        return [error["extensions"]["code"] for error in errors] if errors else []

    def encoded(self) -> Response:
        body = b"" if self.status == 304 else encoded(self.payload)
        return Response(self.status, body, self.headers)


def cost_exceeded(cost: int, maximum: int) -> FormattedError:
    error = LimitExceededError(
        "cost",
        message=f"The operation may cost {cost} points, at most {maximum} are allowed: request "
        "smaller pages, or fewer lists within lists",
        actual=cost,
        maximum=maximum,
    )
    return formatted(error, ErrorCode.LIMIT_EXCEEDED)


def timed_out(seconds: float, *, writes: bool) -> FormattedError:
    message = f"The operation did not end within {seconds:g} seconds and was cancelled."
    if writes:
        message += (
            " Its mutations may have been carried out all the same: send the same document with the"
            " same idempotency keys to learn the result."
        )
    error = ApiError(
        message,
        code=HttpErrorCode.TIMEOUT,
        extensions={"limit": "requestSeconds", "maximum": seconds},
    )
    return formatted(error, HttpErrorCode.TIMEOUT)


def actual_cost(
    cost: OperationCost, variables: dict[str, Any], payload: Mapping[str, Any], requested: int
) -> int:
    """Points used: counted in the result, unless errors have removed a part of it."""
    if "data" not in payload:
        return 1  # nothing was executed
    data = payload["data"]
    errors = payload.get("errors")
    if data is None or (errors and any(_nulled_its_parent(data, error) for error in errors)):
        return requested
    return cost.actual(variables, data)


def _nulled_its_parent(data: Any, error: FormattedError) -> bool:
    """True if the null of an error's field has spread to the objects around it."""
    *parents, _ = error.get("path") or (None,)
    for step in parents:
        data = data[step]
        if data is None:
            return True
    return False
