"""Schemas as functions that only tell whether a value is valid.

Far faster than a validator that explains what is wrong: `intake.schemas` asks it first. Libraries
that compile schemas know no choice by `@type`; this one knows the few keywords that are left of the
standard's schemas, and refuses any other.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

Memo = dict[tuple[int, int], bool]
"""Results for objects with a custom type, by object and choice; one for each message."""
Check = Callable[[Any, Memo], bool]
Format = Callable[[str], bool]

_KEYWORDS: dict[str | None, frozenset[str]] = {
    "object": frozenset({"type", "byType", "properties", "required"}),
    "array": frozenset({"type", "items", "minItems"}),
}
_KEYWORDS_OF_SCALARS = frozenset({"type", "enum", "format"})
_CHOICE = "byType"


class Compiler:
    """Makes a function of each schema, once: schemas refer to each other in cycles."""

    def __init__(self, formats: Mapping[str, Format]) -> None:
        self._formats = formats
        self._checks: dict[int, Check] = {}

    def check(self, schema: dict[str, Any]) -> Check:
        """The function of a schema. Raises ValueError for a keyword that is not supported."""
        known = self._checks.get(id(schema))
        if known is not None:
            return known
        kind = schema.get("type")
        if unknown := schema.keys() - _KEYWORDS.get(kind, _KEYWORDS_OF_SCALARS):
            raise ValueError(f"unsupported for type {kind}: {', '.join(sorted(unknown))}")
        if _CHOICE in schema:
            return self._choice(schema)
        match kind:
            case "object":
                return self._object(schema)
            case "array":
                return self._array(schema)
        return self._scalar(schema)

    def _object(self, schema: dict[str, Any]) -> Check:
        required = tuple(schema.get("required", ()))
        members: dict[str, Check] = {}

        def check(value: Any, memo: Memo) -> bool:
            if not isinstance(value, dict):
                return False
            for name in required:
                if name not in value:
                    return False
            for name, below in value.items():
                check_member = members.get(name)
                if check_member is not None and not check_member(below, memo):
                    return False
            return True

        # Known before its members, which may contain the same schema.
        self._checks[id(schema)] = check
        for name, member in schema.get("properties", {}).items():
            if member:
                members[name] = self.check(member)
        return check

    def _array(self, schema: dict[str, Any]) -> Check:
        least = schema.get("minItems", 0)
        check_item = self.check(schema["items"]) if schema.get("items") else None

        def check(value: Any, memo: Memo) -> bool:
            if not isinstance(value, list) or len(value) < least:
                return False
            if check_item is not None:
                for item in value:
                    if not check_item(item, memo):
                        return False
            return True

        return self._checks.setdefault(id(schema), check)

    def _choice(self, schema: dict[str, Any]) -> Check:
        mapping: dict[str, Check] = {}
        choices: list[Check] = []

        def check(value: Any, memo: Memo) -> bool:
            if not isinstance(value, dict):
                return False
            name = value.get("@type")
            if isinstance(name, str) and name in mapping:
                return mapping[name](value, memo)
            # Once for each object, and not again for each choice around it: the attempts would
            # multiply with the depth.
            key = id(value), id(choices)
            fits = memo.get(key)
            if fits is None:
                fits = memo[key] = any(choice(value, memo) for choice in choices)
            return fits

        self._checks[id(schema)] = check
        choice = schema[_CHOICE]
        mapping |= {name: self.check(target) for name, target in choice["mapping"].items()}
        choices += map(self.check, choice["choices"])
        return check

    def _scalar(self, schema: dict[str, Any]) -> Check:
        check = _TYPES[schema.get("type")]
        if "enum" in schema:
            check = _both(check, _one_of(schema["enum"]))
        if "format" in schema:
            check = _both(check, _of_format(self._formats[schema["format"]]))
        return self._checks.setdefault(id(schema), check)


def _both(first: Check, second: Check) -> Check:
    return lambda value, memo: first(value, memo) and second(value, memo)


def _one_of(values: list[str]) -> Check:
    members = frozenset(values)
    return lambda value, memo: isinstance(value, str) and value in members


def _of_format(has_format: Format) -> Check:
    return lambda value, memo: not isinstance(value, str) or has_format(value)


def _is_number(value: Any, memo: Memo) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _is_integer(value: Any, memo: Memo) -> bool:
    if isinstance(value, Decimal):
        return value == value.to_integral_value()
    return isinstance(value, int) and not isinstance(value, bool)


_TYPES: dict[str | None, Check] = {
    None: lambda value, memo: True,
    "string": lambda value, memo: isinstance(value, str),
    "boolean": lambda value, memo: isinstance(value, bool),
    "number": _is_number,
    "integer": _is_integer,
}
