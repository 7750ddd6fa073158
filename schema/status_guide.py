"""What every status and phase means, for readers."""

import strawberry

from db.enums import STATUS_OF_PHASE
from ordering import texts
from ordering.order.lifecycle import TMF622_STATE
from resolvers.context import Info
from schema.enums import Locale, OrderPhase, OrderStatus
from schema.fields import LocaleArgument, locale_of


@strawberry.type(description="What a phase means.")
class PhaseGuide:
    phase: OrderPhase = strawberry.field(description="The phase.")
    label: str = strawberry.field(description="What people call it.")
    meaning: str = strawberry.field(description="What is happening.")
    actor: str = strawberry.field(description="Who must act.")
    next: str = strawberry.field(description="What comes next.")
    tmf622_state: str = strawberry.field(description="What TMF622 v5 calls it.")


@strawberry.type(description="What a status means.")
class StatusGuide:
    status: OrderStatus = strawberry.field(description="The status.")
    label: str = strawberry.field(description="What people call it.")
    meaning: str = strawberry.field(description="What it says about an order.")
    contact: str = strawberry.field(description="Whom to turn to.")
    phases: list[PhaseGuide] = strawberry.field(description="The phases behind it.")


def status_guide(info: Info, locale: LocaleArgument = None) -> list[StatusGuide]:
    """Every status with its phases, in the order of an order's life."""
    language = locale_of(info.context, locale)
    return [
        StatusGuide(
            status=status,
            label=texts.label(status, language),
            meaning=texts.status_meaning(status, language),
            contact=texts.contact(status, language),
            phases=[
                _phase_guide(phase, language)
                for phase, stands_for in STATUS_OF_PHASE.items()
                if stands_for is status
            ],
        )
        for status in OrderStatus
    ]


def _phase_guide(phase: OrderPhase, language: Locale) -> PhaseGuide:
    return PhaseGuide(
        phase=phase,
        label=texts.label(phase, language),
        meaning=texts.phase_meaning(phase, language),
        actor=texts.phase_actor(phase, language),
        next=texts.phase_next(phase, language),
        tmf622_state=TMF622_STATE[phase],
    )
