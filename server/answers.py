"""Answers before they are encoded, and what an operation has used by its answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from execution.cost import OperationCost
from execution.errors import (
    ApiError,
    ErrorCode,
    FormattedError,
    LimitExceededError,
    formatted,
)
from server.requests import RequestRefusedError


@dataclass(frozen=True, slots=True)
class Answer:
    """A response before it is encoded."""

    status: int
    payload: dict[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        return b"" if self.status == 304 else encoded(self.payload)


def encoded(payload: Any) -> bytes:
    """A response, or a part of one, as JSON. Instants in UTC may stand in it as they are."""
    return orjson.dumps(payload, option=orjson.OPT_UTC_Z)


def refusal(refused: RequestRefusedError) -> Answer:
    """What the client of a refused request is told."""
    errors = [formatted(refused.error, ErrorCode.BAD_REQUEST)]
    return Answer(refused.status, {"errors": errors}, refused.headers)


def cost_exceeded(cost: int, maximum: int) -> FormattedError:
    error = LimitExceededError(
        "cost",
        message=f"The operation may cost {cost} points, at most {maximum} are allowed: ask for "
        "smaller pages, or for fewer lists within lists",
        actual=cost,
        maximum=maximum,
    )
    return formatted(error, ErrorCode.LIMIT_EXCEEDED)


def too_slow(seconds: float) -> FormattedError:
    error = ApiError(
        f"The operation did not end within {seconds:g} seconds and was cancelled.",
        code=ErrorCode.TIMEOUT,
        extensions={"limit": "requestSeconds", "maximum": seconds},
    )
    return formatted(error, ErrorCode.TIMEOUT)


def actual_cost(
    cost: OperationCost, variables: dict[str, Any], payload: Mapping[str, Any], requested: int
) -> int:
    """What was used: counted in the result, unless an error has left less of it than was done."""
    if "data" not in payload:
        return 1  # nothing was executed
    data = payload["data"]
    if data is None or any(_took_its_parent(data, error) for error in payload.get("errors", ())):
        return requested
    return cost.actual(variables, data)


def _took_its_parent(data: Any, error: FormattedError) -> bool:
    """Whether null in place of an error's field has spread to what is around it."""
    *parents, _ = error.get("path") or (None,)
    for step in parents:
        data = data[step]
        if data is None:
            return True
    return False
