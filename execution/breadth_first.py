"""Executes an operation breadth first: each field once for all objects of its level.

Fields are resolved for a whole level, whatever awaits is awaited together, and the objects that
were found are the levels of the next step. Errors are only noted on the way; what they null is
worked out at the end (`execution.failures`). An answer holds all keys of its template from the
beginning, so that the order of keys never depends on what is awaited.
"""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from types import NoneType
from typing import Any, cast

from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLObjectType,
    GraphQLResolveInfo,
    Undefined,
    default_type_resolver,
    located_error,
)
from graphql.execution.values import VariableValues
from graphql.pyutils import inspect
from graphql.pyutils.undefined import UndefinedType
from graphql.type.definition import GraphQLResolveInfoHelpers

from execution.abstract import fits_by_class, possible_type
from execution.awaiting import (
    IterationError,
    all_of,
    awaited_at,
    caught,
    is_awaitable,
    tried,
    unsettled,
)
from execution.failures import Failures
from execution.leaves import Leaf, is_unsettled
from execution.level import Column, Level, Place, Slot
from execution.permissions import Coordinate, ForbiddenError
from execution.plan import FieldPlan, ObjectPlan, OperationPlan
from execution.resolving import Attribute, ByLevel, OfEach, OfParent, Typename


class BreadthFirstExecutor:
    """One execution of a planned operation."""

    def __init__(
        self,
        plan: OperationPlan,
        variables: VariableValues,
        context: Any,
        forbidden: Mapping[Coordinate, str],
        *,
        hide_suggestions: bool,
    ) -> None:
        self._plan = plan
        self._variables = variables
        self._context = context
        self._forbidden = forbidden
        self._hide_suggestions = hide_suggestions
        self._failures = Failures()
        self._met: list[bool] = []
        self._reduced: dict[int, ObjectPlan] = {}

    async def execute(self) -> ExecutionResult:
        response: dict[str, Any] = {}
        plan = self._asked(self._plan.root.on(self._plan, self._plan.root_type))
        root = Level(plan, [(None, 0, (), response, "data")])
        if self._plan.serially:
            for field in plan.fields:
                await self._resolve_all([Column(root, field)])
                if self._failures.root_is_nulled:
                    break
        else:
            await self._resolve_all([Column(root, field) for field in plan.fields])
        if not self._failures:
            return ExecutionResult(response["data"], None)
        return ExecutionResult(*self._failures.applied(response["data"]))

    async def _resolve_all(self, columns: list[Column]) -> None:
        """Resolve fields of levels, and then all that lies below them, a level at a time."""
        while columns:
            found: list[Level] = []
            waiting: list[Column] = []
            for column in columns:
                if self._resolve(column):
                    continue
                await self._complete(column, waiting, found)
            while waiting:
                arrived, waiting = waiting, []
                await _arrival(arrived)
                for column in arrived:
                    await self._complete(column, waiting, found)
            columns = [Column(level, field) for level in found for field in level.plan.fields]

    # A field's values.

    def _resolve(self, column: Column) -> bool:
        """Ask for the values of a field; whether it is done with that, as leaves mostly are."""
        level, field = column.level, column.field
        try:
            values = self._values(level, field)
        except Exception as error:
            values = [error] * len(level.sources)
        column.values = values
        if field.leaf is None or field.depth or not isinstance(values, list):
            return False
        answers = field.leaf.column(values)
        if answers is None or not (field.nullable[0] or None not in answers):
            return False
        key = field.key
        for answer, value in zip(level.answers, answers, strict=True):
            answer[key] = value
        return True

    def _values(self, level: Level, field: FieldPlan) -> Any:
        """A value for each object of the level, an exception in the place of each that failed; or
        something to await that yields them. Raises where all of them fail."""
        if self._forbidden and field.coordinate in self._forbidden:
            raise ForbiddenError(self._forbidden[field.coordinate])
        resolving = field.resolving
        if isinstance(resolving, Attribute):
            try:
                return list(map(resolving.read, level.sources))
            except Exception:
                return [tried(resolving.read, source) for source in level.sources]
        if isinstance(resolving, Typename):
            return [resolving.name] * len(level.sources)
        coerced = self._coerced(field)
        if isinstance(resolving, ByLevel):
            arguments = field.arguments.converted(coerced)
            rows = field.rows(self._plan)
            if rows is not None:
                # Forbidden relations must not be prefetched.
                arguments["rows"] = rows.without(self._forbidden) if self._forbidden else rows
            values = resolving.resolve(level.sources, self._context, **arguments)
            return values if is_awaitable(values) else _fitting(values, level, field)
        return self._of_each(level, field, coerced)

    def _of_each(self, level: Level, field: FieldPlan, coerced: dict[str, Any]) -> list[Any]:
        """The values of a field whose resolver takes one parent at a time."""
        resolving = field.resolving
        if isinstance(resolving, OfParent):
            if field.arguments.none:
                return [tried(resolving.resolve, source) for source in level.sources]
            return [self._called(field, coerced, source) for source in level.sources]
        return [
            self._called(field, coerced, source, self._info(level, field, number))
            for number, source in enumerate(level.sources)
        ]

    def _coerced(self, field: FieldPlan) -> dict[str, Any]:
        return field.arguments.coerced(self._variables, hide_suggestions=self._hide_suggestions)

    def _called(self, field: FieldPlan, coerced: dict[str, Any], *given: Any) -> Any:
        """What a resolver of one parent returns or raises, with arguments of its own."""
        resolving = field.resolving
        try:
            mine = coerced if field.arguments.shared else self._coerced(field)
            if isinstance(resolving, OfParent):
                return resolving.resolve(*given, **field.arguments.converted(mine))
            return cast("OfEach", resolving).resolve(*given, **mine)
        except Exception as error:
            return error

    def _info(self, level: Level, field: FieldPlan, number: int) -> GraphQLResolveInfo[Any]:
        """What a resolver, or a type that tells its objects apart, is told of one parent."""
        return GraphQLResolveInfo(
            field.coordinate[1],
            field.nodes,
            field.definition.type,
            field.parent_type,
            Column(level, field).path(number),
            self._plan.core_schema,
            self._plan.fragments,
            None,
            self._plan.node,
            self._variables,
            self._context,
            is_awaitable,
            None,
            _HELPERS,
        )

    # From a field's values to answers, and to the objects of the next levels.

    async def _complete(self, column: Column, waiting: list[Column], found: list[Level]) -> None:
        """Put a field's values into the answers and find the objects below, or let it wait."""
        level, field = column.level, column.field
        values = column.values
        if not isinstance(values, list):
            waiting.append(column)
            return
        column.pending = unsettled(values, field.depth, ".".join(field.coordinate))
        if column.pending:
            waiting.append(column)
            return
        leaf = field.leaf
        if leaf is not None:
            for number, answer in enumerate(level.answers):
                answer[field.key] = self._leaf(column, leaf, number, values[number], ())
            return
        key = field.key
        if not field.depth and _are_objects(values, or_none=field.nullable[0]):
            column.slots = [
                (value, number, (), answer, key)
                for number, (value, answer) in enumerate(zip(values, level.answers, strict=True))
                if value is not None
            ]
        else:
            for number, answer in enumerate(level.answers):
                self._find(column, (values[number], number, (), answer, key))
        if column.slots:
            for kind, slots in (await self._kinds(column)).items():
                if not slots:
                    continue
                plan = self._asked(field.selection.on(self._plan, kind))
                found.append(Level(plan, slots, column))

    def _leaf(self, column: Column, leaf: Leaf, number: int, value: Any, place: Place) -> Any:
        """The answer that a value is, or the list of answers."""
        if self._is_missing(column, number, value, place):
            return None
        depth = len(place)
        if depth == column.field.depth:
            try:
                return leaf.convert(value)
            except Exception as error:
                return self._fail(column, number, place, error)
        if depth + 1 == column.field.depth:
            answers = leaf.column(value)
            if answers is not None and (column.field.nullable[depth + 1] or None not in answers):
                return answers
        return [
            self._leaf(column, leaf, number, item, (*place, index))
            for index, item in enumerate(value)
        ]

    def _find(self, column: Column, slot: Slot) -> None:
        """Find the objects in a value, and where their answers are to be put."""
        value, number, place, container, key = slot
        if self._is_missing(column, number, value, place):
            return
        if len(place) == column.field.depth:
            column.slots.append(slot)
            return
        container[key] = entries = [None] * len(value)
        if len(place) + 1 == column.field.depth and _are_objects(value, or_none=False):
            column.slots += [
                (item, number, (*place, index), entries, index) for index, item in enumerate(value)
            ]
            return
        for index, item in enumerate(value):
            self._find(column, (item, number, (*place, index), entries, index))

    def _is_missing(self, column: Column, number: int, value: Any, place: Place) -> bool:
        """Whether a value is null or failed, which is noted if it is an error."""
        if value is None or value is Undefined:
            field = column.field
            if not field.nullable[len(place)]:
                name = ".".join(field.coordinate)
                missing = TypeError(f"Cannot return null for non-nullable field {name}.")
                self._fail(column, number, place, missing)
            return True
        if isinstance(value, Exception):
            self._fail(column, number, place, value)
            return True
        return False

    async def _kinds(self, column: Column) -> dict[GraphQLObjectType, list[Slot]]:
        """The objects that were found, by their concrete types; the others fail."""
        field = column.field
        if field.abstract is None:
            kind = cast("GraphQLObjectType", field.type)
            return {kind: await self._of_kind(column, kind, column.slots)}
        resolve = field.abstract.resolve_type or default_type_resolver
        names = [
            tried(resolve, slot[0], self._info(column.level, field, slot[1]), field.abstract)
            for slot in column.slots
        ]
        if any(map(is_awaitable, names)):
            names = await all_of(names)
        by_kind: dict[GraphQLObjectType, list[Slot]] = {}
        for slot, name in zip(column.slots, names, strict=True):
            try:
                kind = possible_type(self._plan.core_schema, field, name, slot[0])
            except Exception as error:
                self._fail(column, slot[1], slot[2], error)
            else:
                by_kind.setdefault(kind, []).append(slot)
        return {kind: await self._of_kind(column, kind, slots) for kind, slots in by_kind.items()}

    async def _of_kind(
        self, column: Column, kind: GraphQLObjectType, slots: list[Slot]
    ) -> list[Slot]:
        """Those of the objects that the type says are its own; the others fail."""
        is_type_of = kind.is_type_of
        if is_type_of is None:
            return slots
        if fits_by_class(kind, [slot[0] for slot in slots]):
            return slots
        # All are told of the first one's parent: a type looks at the object alone.
        info = self._info(column.level, column.field, slots[0][1])
        try:
            verdicts = [is_type_of(slot[0], info) for slot in slots]
        except Exception:
            verdicts = [tried(is_type_of, slot[0], info) for slot in slots]
        if all(verdict is True for verdict in verdicts):
            return slots
        if any(map(is_awaitable, verdicts)):
            verdicts = await all_of(verdicts)
        fitting: list[Slot] = []
        for slot, verdict in zip(slots, verdicts, strict=True):
            if isinstance(verdict, Exception):
                self._fail(column, slot[1], slot[2], verdict)
            elif not verdict:
                message = f"Expected value of type '{kind}' but got: {inspect(slot[0])}."
                wrong = GraphQLError(message, column.field.nodes)
                self._fail(column, slot[1], slot[2], wrong)
            else:
                fitting.append(slot)
        return fitting

    def _asked(self, plan: ObjectPlan) -> ObjectPlan:
        """The plan without what this request's variables exclude."""
        if not plan.guarded:
            return plan
        reduced = self._reduced.get(id(plan))
        if reduced is None:
            self._plan.meet(self._met, self._variables.coerced)
            reduced = self._reduced[id(plan)] = self._plan.reduced(plan, self._met)
        return reduced

    def _fail(self, column: Column, number: int, place: Place, error: Exception) -> None:
        failed = place
        if isinstance(error, IterationError):
            # The list fails, where its next entry would have been.
            error, failed = error.error, place[:-1]
        path = column.path(number, failed).as_list()
        located = located_error(error, column.field.nodes, path)
        position = (*path, *place[len(failed) :])
        self._failures.note(located, position, column.nulled_by(number, failed))


async def _arrival(columns: list[Column]) -> None:
    """Await everything that fields of a step wait for."""
    awaited: list[Any] = []
    for column in columns:
        if column.pending is None:
            awaited.append(column.values)
        else:
            awaited.extend(map(awaited_at, column.pending))
    arrived = iter(await all_of(awaited))
    for column in columns:
        if column.pending is None:
            column.values = _fitting(next(arrived), column.level, column.field)
        else:
            for values, index in column.pending:
                values[index] = next(arrived)


def _fitting(values: Any, level: Level, field: FieldPlan) -> list[Any]:
    """What a field by level gave, as a list of its own with one value for each object."""
    wanted = len(level.sources)
    if isinstance(values, Exception):
        return [values] * wanted
    values = list(values)
    if len(values) == wanted:
        return cast("list[Any]", values)
    name = ".".join(field.coordinate)
    return [RuntimeError(f"{name} gave {len(values)} values for {wanted} objects")] * wanted


def _are_objects(values: list[Any], *, or_none: bool) -> bool:
    """Whether nothing but objects is among the values: by their types, so at once."""
    return not any(
        is_unsettled(kind) or kind is UndefinedType or (kind is NoneType and not or_none)
        for kind in set(map(type, values))
    )


_tracked: set["asyncio.Future[Any]"] = set()


async def _gather(awaitables: Sequence[Awaitable[Any]]) -> list[Any]:
    return await asyncio.gather(*awaitables)


def _track(values: Sequence[Any]) -> None:
    """Let what nobody waits for come to its end."""
    for value in filter(is_awaitable, values):
        future = asyncio.ensure_future(caught(value))
        _tracked.add(future)
        future.add_done_callback(_tracked.discard)


_HELPERS = GraphQLResolveInfoHelpers(_gather, _track)
