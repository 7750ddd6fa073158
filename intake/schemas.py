"""The standard's schemas, compiled once, and relaxed where its own examples depart from them."""

import json
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from datetime import datetime
from decimal import Decimal
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from jsonschema.exceptions import best_match
from jsonschema.protocols import Validator
from jsonschema.validators import extend

from intake.checks import Check, Compiler
from intake.json_node import parse_instant
from intake.json_place import member

MOST_PROBLEMS = 100
_FILE = Path(__file__).parent / "tmf622" / "schemas.json"

formats = FormatChecker([])


@formats.checks("date-time", raises=(ValueError, OverflowError))
def _is_instant(value: object) -> bool:
    return not isinstance(value, str) or isinstance(parse_instant(value), datetime)


def _has_instant(value: str) -> bool:
    try:
        parse_instant(value)
    except (ValueError, OverflowError):
        return False
    return True


def _is_integer(checker: object, value: object) -> bool:
    if isinstance(value, Decimal):
        return value == value.to_integral_value()
    return isinstance(value, int) and not isinstance(value, bool)


@cache
def known_types() -> frozenset[str]:
    """The names that `@type` has in the standard itself."""
    schemas = _read()
    mapped = {
        name
        for schema in schemas.values()
        for name in schema.get("discriminator", {}).get("mapping", {})
    }
    return frozenset({*schemas, *mapped})


def problems(value: Any, schema: str, path: str) -> Iterator[tuple[str, str]]:
    """JSON path and reason of each place where a value violates the named schema.

    The first `MOST_PROBLEMS` at most: in a large message that is wrong everywhere, more would take
    long and help little.
    """
    if is_valid(value, schema):
        return
    token = _choices.set({})
    try:
        errors = list(islice(_validator(schema).iter_errors(value), MOST_PROBLEMS))
    finally:
        _choices.reset(token)
    for error in sorted(errors, key=lambda e: list(map(str, e.path))):
        deepest, at = best_match([error]) or error, path
        for step in deepest.absolute_path:
            at = f"{at}[{step}]" if isinstance(step, int) else member(at, step)
        reason = deepest.message
        yield at, reason if len(reason) <= 300 else f"{reason[:297]}…"


def is_valid(value: Any, schema: str) -> bool:
    """Whether a value has no `problems`."""
    return _check(schema)(value, {})


@cache
def _check(schema: str) -> Check:
    return _compiler().check(_compiled()[schema])


@cache
def _compiler() -> Compiler:
    return Compiler({"date-time": _has_instant})


@cache
def _validator(schema: str) -> Validator:
    validator: Validator = _Validator(_compiled()[schema], format_checker=formats)
    return validator


@cache
def _read() -> dict[str, Any]:
    schemas: dict[str, Any] = json.loads(_FILE.read_bytes())
    _loosen(schemas)
    return schemas


@cache
def _compiled() -> dict[str, dict[str, Any]]:
    """Every schema with its references followed and its parts (`allOf`) merged into one object.

    The references form cycles, so they become references in Python. That, and one object instead
    of the three to five that the file names, makes validation several times faster.
    """
    schemas = _read()
    compiled: dict[str, dict[str, Any]] = {name: {} for name in schemas}

    def target(reference: str) -> str:
        return reference.rsplit("/", 1)[-1]

    def inlined(schema: dict[str, Any]) -> dict[str, Any]:
        if "$ref" in schema:
            return compiled[target(schema["$ref"])]
        kept: dict[str, Any] = {
            key: schema[key] for key in ("type", "enum", "minItems") if key in schema
        }
        if schema.get("format") == "date-time":
            kept["format"] = "date-time"
        if "items" in schema:
            kept["items"] = inlined(schema["items"])
        return kept

    def members(schema: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        properties: dict[str, Any] = {}
        required: list[str] = []
        for part in (*schema.get("allOf", ()), schema):
            if "$ref" in part:
                more, needed = members(schemas[target(part["$ref"])])
            elif part is schema:
                more = {k: inlined(v) for k, v in schema.get("properties", {}).items()}
                needed = schema.get("required", [])
            else:
                more, needed = members(part)
            properties |= more
            required += [name for name in needed if name not in required]
        return properties, required

    for name, schema in schemas.items():
        if "oneOf" in schema:
            compiled[name].update(_by_type(schema, lambda ref: compiled[target(ref)]))
        elif "enum" in schema:
            compiled[name].update(inlined(schema))
        else:
            properties, required = members(schema)
            compiled[name].update(type="object", properties=properties, required=required)
    return compiled


def _by_type(schema: dict[str, Any], find: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    mapping = {
        name: find(reference)
        for name, reference in schema["discriminator"]["mapping"].items()
        # `@type` of a GeographicLocation is one of GeoJSON's names, never its own.
        if name != "GeographicLocation"
    }
    choices = [find(choice["$ref"]) for choice in schema["oneOf"]]
    return {"type": "object", "byType": {"mapping": mapping, "choices": choices}}


def _check_by_type(
    validator: Any, choice: dict[str, Any], instance: Any, schema: object
) -> Iterator[ValidationError]:
    """A choice by `@type`, as its discriminator says.

    JSON Schema has no discriminator, and `oneOf` alone would refuse a PartyRoleRef for being a
    valid PartyRef too. A custom type ("UNI" for a product) extends one of the choices without
    saying which: it has to fit any of them.
    """
    if not isinstance(instance, dict):
        return
    name = instance.get("@type")
    if isinstance(name, str) and name in choice["mapping"]:
        yield from validator.descend(instance, choice["mapping"][name])
        return
    known, key = _choices.get(), (id(instance), id(choice))
    if key not in known:
        known[key] = _first_that_fits(validator, choice, instance)
    # The validator writes the path into the errors that it receives.
    yield from map(ValidationError.create_from, known[key])


def _first_that_fits(
    validator: Any, choice: dict[str, Any], instance: Any
) -> list[ValidationError]:
    """No errors if one of the choices fits; otherwise those of the first."""
    errors: list[ValidationError] = []
    for possible in choice["choices"]:
        of_choice = list(validator.descend(instance, possible))
        if not of_choice:
            return []
        errors = errors or of_choice
    return errors


_choices: ContextVar[dict[tuple[int, int], list[ValidationError]]] = ContextVar("choices")
"""The errors of objects with a custom type, by object and choice. Each object is tried once, and
not again for every choice around it: the attempts would multiply with the depth."""


# Fractions are read as exact decimals, which count as numbers here; 12.0 is an integer.
_Validator: Any = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    validators={"byType": _check_by_type},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer),
)


def _loosen(schemas: dict[str, Any]) -> None:
    """Relax the schemas where the standard's own examples depart from them."""
    # The examples say `timeOcurred`, the schema `timeOccurred`: both are read.
    event = schemas["Event"]["allOf"][-1]["properties"]
    event["timeOcurred"] = event["timeOccurred"]
    # The example of a cancellation says `cancelProductOrder`, the schema `canccelProductOrder`.
    payload = schemas["CancelProductOrderStateChangeEventPayload"]["properties"]
    payload["cancelProductOrder"] = payload["canccelProductOrder"]
    # A JsonLdExpression has an object where the Expression that it extends has a text.
    del schemas["Expression"]["allOf"][-1]["properties"]["expressionValue"]["type"]
    # A relationship may hold the other product itself (`product`) instead of its id.
    relationship = schemas["ProductRelationship"]["allOf"]
    relationship[:] = [
        {"$ref": "#/components/schemas/Addressable"}
        if part.get("$ref") == "#/components/schemas/EntityRef"
        else part
        for part in relationship
    ]
