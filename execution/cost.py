"""The cost of an operation: requested, before it is executed, and actual, from its result.

The cost is the type cost of https://ibm.github.io/graphql-specs/cost-spec.html plus the stated
weights of fields. Each object costs its type's weight (1 by default), times the size of its list;
a field costs its weight (0 by default); scalars are free.

Each definition of a document is visited once. What depends on variables is compiled to a short list
of steps, which is all that has to be computed for a cached document. A field that is selected twice
is counted twice: the requested cost is an upper bound.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import ceil
from typing import Any, cast

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    value_from_ast_untyped,
)

from execution.cost_model import DEFAULT_LIST_SIZE, CostModel, FieldCost, Sizing
from execution.selections import conditions_of, fragments_of

LARGEST = 10**15
"""The maximum of all costs: above any limit, and exact in JSON."""

Variables = Mapping[str, Any]
Factor = Callable[[Variables], float]


@dataclass(frozen=True, slots=True)
class _Step:
    """A part of the cost that depends on variables:
    max(constant + results of earlier steps, minimum) * factor."""

    constant: float
    earlier: tuple[int, ...]
    factor: float | Factor
    minimum: float


@dataclass(frozen=True, slots=True)
class _StepResult:
    """The result of the step with that number."""

    number: int


_Part = float | _StepResult

_SelectionCost = dict[str | None, _Part]
"""The cost of a selection set: under None for each object that it is applied to; under the name of
a list without a size for each entry of that list. The field above may state the size."""


@dataclass(frozen=True, slots=True)
class _ResultField:
    """A response key, as it is counted in a result."""

    key: str
    name: str
    weight: float
    type_weight: float
    below: Sequence["_ResultField"]
    size: float | Factor = 0
    """The size of the field's page."""
    sized: tuple[str, ...] = ()
    """The keys of the lists that show the page. An object without any costs the whole `size`: its
    page was read, but its length is unknown."""


class OperationCost:
    """The cost of one operation of a valid document."""

    def __init__(
        self,
        steps: Sequence[_Step],
        total: _Part,
        defaults: dict[str, Any],
        result_fields: Callable[[], Sequence[_ResultField]],
        root_weight: float,
    ) -> None:
        self._steps = steps
        self._total = total
        self._defaults = defaults
        self._make_result_fields = result_fields
        self._result_fields: Sequence[_ResultField] | None = None
        self._root_weight = root_weight

    def requested(self, variables: dict[str, Any]) -> int:
        """The maximum cost with these variables, if lists without a stated size have the default.

        The variables may be any JSON. Those of a wrong type are refused later.
        """
        if not isinstance(self._total, _StepResult):
            return _whole(self._total)
        variables = self._defaults | variables
        results: list[float] = []
        for step in self._steps:
            value = step.constant
            for number in step.earlier:
                value += results[number]
            # A product of several could exceed a float.
            results.append(min(max(value, step.minimum) * _factor(step.factor, variables), LARGEST))
        return _whole(results[self._total.number])

    def actual(self, variables: dict[str, Any], data: Mapping[str, Any]) -> int:
        """The cost of the objects in a result, and of pages whose objects were not selected."""
        if self._result_fields is None:
            self._result_fields = self._make_result_fields()
        variables = self._defaults | variables
        return _whole(self._root_weight + _count(self._result_fields, [data], variables))


def operation_costs(
    document: DocumentNode, model: CostModel, fragments_in_order: Iterable[str]
) -> dict[str | None, OperationCost]:
    """The costs of a valid document's operations by name.

    `fragments_in_order` are the names of its fragments, each after those it spreads.
    """
    fragments = fragments_of(document)
    compiler = _Compiler(model)
    for name in fragments_in_order:
        compiler.fragments[name] = compiler.selection_set(
            fragments[name].selection_set, fragments[name].type_condition.name.value
        )
    costs: dict[str | None, OperationCost] = {}
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            root = model.roots[node.operation.value]
            cost = compiler.selection_set(node.selection_set, root.type_name)
            total = compiler.add([root.type_weight, *compiler.with_default_sizes(cost)])
            costs[node.name.value if node.name else None] = OperationCost(
                compiler.steps,
                total,
                _defaults(node),
                partial(_result_fields, model, fragments, [(node.selection_set, root.type_name)]),
                root.type_weight,
            )
    return costs


class _Compiler:
    def __init__(self, model: CostModel) -> None:
        self._model = model
        self.steps: list[_Step] = []
        self.fragments: dict[str, _SelectionCost] = {}

    def selection_set(self, selection_set: SelectionSetNode, type_name: str) -> _SelectionCost:
        """The cost of a selection set for each object that it is applied to."""
        parts: dict[str | None, list[_Part]] = {}
        for selection in selection_set.selections:
            factors = _conditions(selection)
            for name, part in self._selection(selection, type_name).items():
                for factor in factors:
                    part = self.add([part], factor)  # noqa: PLW2901
                parts.setdefault(name, []).append(part)
        return {name: self.add(each) for name, each in parts.items()}

    def add(
        self, parts: Sequence[_Part], factor: float | Factor = 1.0, minimum: float = 0.0
    ) -> _Part:
        """max(sum of the parts, minimum) * factor: a number if no variable matters, or a step."""
        earlier = tuple(part.number for part in parts if isinstance(part, _StepResult))
        constant = min(sum(part for part in parts if not isinstance(part, _StepResult)), LARGEST)
        if not earlier:
            constant = max(constant, minimum)
            if not callable(factor):
                return min(constant * factor, LARGEST)
            if constant == 0:
                return 0.0
        elif factor == 1 and not constant and not minimum and len(earlier) == 1:
            return _StepResult(earlier[0])
        self.steps.append(_Step(constant, earlier, factor, minimum))
        return _StepResult(len(self.steps) - 1)

    def with_default_sizes(self, cost: _SelectionCost) -> list[_Part]:
        """The parts of a cost, where lists without a stated size have the default size."""
        return [
            part if name is None else self.add([part], DEFAULT_LIST_SIZE)
            for name, part in cost.items()
        ]

    def _selection(self, selection: SelectionNode, type_name: str) -> _SelectionCost:
        if isinstance(selection, FragmentSpreadNode):
            return self.fragments[selection.name.value]
        if isinstance(selection, InlineFragmentNode):
            condition = selection.type_condition
            return self.selection_set(
                selection.selection_set, condition.name.value if condition else type_name
            )
        node = cast("FieldNode", selection)
        cost = self._model.field(type_name, node.name.value)
        return {} if cost is None else self._field(node, cost)

    def _field(self, node: FieldNode, cost: FieldCost) -> _SelectionCost:
        below: _SelectionCost = {}
        if node.selection_set is not None:
            below = self.selection_set(node.selection_set, cost.type_name)
        sizing = cost.sizing
        if sizing is not None and sizing.fields:
            size = _size(node, sizing)
            sized = [below.pop(name) for name in sizing.fields if name in below]
            # The page is read even if its objects are not selected.
            one = [
                cost.type_weight,
                self.add(sized, size, minimum=1),
                *self.with_default_sizes(below),
            ]
        else:
            one = [cost.type_weight, *self.with_default_sizes(below)]
            if cost.is_list and sizing is None:
                return {None: cost.weight, node.name.value: self.add(one)}
            if cost.is_list and sizing is not None:
                return {None: self.add([cost.weight, self.add(one, _size(node, sizing))])}
        return {None: self.add([cost.weight, *one])}


def _size(node: FieldNode, sizing: Sizing) -> float | Factor:
    """The size of a field's list: a number, or a function of the variables."""
    known: list[float | None] = []
    varying: list[tuple[str, float | None]] = []
    arguments = {argument.name.value: argument.value for argument in node.arguments or ()}
    for name, default in sizing.arguments.items():
        value: ValueNode | None = arguments.get(name)
        if isinstance(value, VariableNode):
            # If the variable is absent, the argument's default applies.
            varying.append((value.name.value, _length(default)))
        else:
            known.append(_length(default if value is None else value_from_ast_untyped(value)))
    assumed = float(sizing.assumed)
    if not varying:
        return _largest(known, assumed)

    def by_variables(variables: Variables) -> float:
        lengths = (
            _length(variables[name]) if name in variables else default for name, default in varying
        )
        return _largest([*known, *lengths], assumed)

    return by_variables


def _largest(lengths: Iterable[float | None], otherwise: float) -> float:
    return max((length for length in lengths if length is not None), default=otherwise)


def _length(value: Any) -> float | None:
    """The list size that the value of a slicing argument stands for; None for null."""
    if value is None:
        return None
    if isinstance(value, list):
        return float(len(value))
    if isinstance(value, int | float) and not isinstance(value, bool):
        # JSON has no NaN. Invalid sizes are refused when variables are coerced.
        return float(min(max(value, 0), LARGEST))
    return 1.0  # a single value stands for a list of one


def _conditions(selection: SelectionNode) -> list[float | Factor]:
    """The factors 0 or 1 of `@skip` and `@include`."""
    conditions = conditions_of(selection)
    if conditions is None:
        return [0.0]
    return [partial(_included, name, required) for name, required in conditions]


def _included(name: str, required: bool, variables: Variables) -> float:
    return float((variables.get(name) is True) is required)


def _defaults(operation: OperationDefinitionNode) -> dict[str, Any]:
    return {
        definition.variable.name.value: value_from_ast_untyped(definition.default_value)
        for definition in operation.variable_definitions or ()
        if definition.default_value is not None
    }


def _factor(factor: float | Factor, variables: Variables) -> float:
    return factor(variables) if callable(factor) else factor


def _whole(cost: float) -> int:
    # Sums of weights like 0.1 are not exact.
    return ceil(min(cost, LARGEST) - 1e-6)


def _result_fields(
    model: CostModel,
    fragments: Mapping[str, FragmentDefinitionNode],
    selected: Iterable[tuple[SelectionSetNode, str]],
) -> list[_ResultField]:
    """The response keys of selection sets, each with the name of its type, merged as execution
    merges them.

    Fragments are followed at each spread: the number of fields after spreading is limited.
    """
    fields: dict[str, list[tuple[FieldNode, FieldCost]]] = {}
    seen: set[str] = set()
    stack = list(selected)
    while stack:
        selection_set, type_name = stack.pop()
        for selection in selection_set.selections:
            if isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                if name not in seen:
                    seen.add(name)
                    fragment = fragments[name]
                    stack.append((fragment.selection_set, fragment.type_condition.name.value))
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                stack.append(
                    (selection.selection_set, condition.name.value if condition else type_name)
                )
            elif isinstance(selection, FieldNode):
                cost = model.field(type_name, selection.name.value)
                if cost is not None:
                    key = (selection.alias or selection.name).value
                    fields.setdefault(key, []).append((selection, cost))
    return [_result_field(model, fragments, key, merged) for key, merged in fields.items()]


def _result_field(
    model: CostModel,
    fragments: Mapping[str, FragmentDefinitionNode],
    key: str,
    merged: Sequence[tuple[FieldNode, FieldCost]],
) -> _ResultField:
    selected = [(node.selection_set, cost.type_name) for node, cost in merged if node.selection_set]
    below = _result_fields(model, fragments, selected) if selected else []
    node, cost = merged[0]
    size: float | Factor = 0
    sized: tuple[str, ...] = ()
    if cost.sizing is not None and cost.sizing.fields:
        fields = cost.sizing.fields
        size = _size(node, cost.sizing)
        sized = tuple(field.key for field in below if field.name in fields)
        below = [
            replace(field, type_weight=1) if field.name in fields and not _weighs(field) else field
            for field in below
        ]
    return _ResultField(
        key,
        node.name.value,
        # A key may mean different fields in different types: the most expensive is a bound.
        weight=max(cost.weight for _, cost in merged),
        type_weight=max(cost.type_weight for _, cost in merged),
        below=[field for field in below if _weighs(field)],
        size=size,
        sized=sized,
    )


def _weighs(field: _ResultField) -> bool:
    """Whether the field or anything below it can cost anything."""
    return bool(field.weight or field.type_weight or field.size or field.below)


def _count(
    fields: Sequence[_ResultField], objects: Sequence[Mapping[str, Any]], variables: Variables
) -> float:
    """The cost of fields of some objects of a result, a level at a time."""
    total = 0.0
    for field in fields:
        key = field.key
        if field.weight:
            total += field.weight * sum(1 for object_ in objects if key in object_)
        values = [value for object_ in objects if (value := object_.get(key)) is not None]
        while values and isinstance(values[0], list):
            values = [entry for value in values for entry in value if entry is not None]
        if not values:
            continue
        total += field.type_weight * len(values)
        if field.size and not any(sized in values[0] for sized in field.sized):
            total += _factor(field.size, variables) * len(values)
        if field.below:
            total += _count(field.below, values, variables)
    return total
