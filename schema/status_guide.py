"""The meaning of every status and phase, in texts for people."""

import strawberry

from db.enums import STATUS_OF_PHASE
from ordering import texts
from ordering.order.lifecycle import TMF622_STATE
from resolvers.context import Info
from schema.enums import Locale, OrderPhase, OrderStatus
from schema.fields import LocaleArgument, locale_of


@strawberry.type(description="The meaning of a phase, in texts to show to people.")
class PhaseGuide:
    phase: OrderPhase = strawberry.field(description="The phase.")
    label: str = strawberry.field(description="The name of the phase.")
    meaning: str = strawberry.field(description="What happens in the phase.")
    actor: str = strawberry.field(description="Who must act.")
    next: str = strawberry.field(description="What comes next.")
    tmf622_state: str = strawberry.field(
        description='The state that TMF622 v5 defines for the phase: "inProgress".'
    )


@strawberry.type(description="The meaning of a status, in texts to show to people.")
class StatusGuide:
    status: OrderStatus = strawberry.field(description="The status.")
    label: str = strawberry.field(description="The name of the status.")
    meaning: str = strawberry.field(description="What the status says about an order.")
    contact: str = strawberry.field(description="Whom to contact.")
    phases: list[PhaseGuide] = strawberry.field(description="The phases that belong to the status.")


def status_guide(info: Info, locale: LocaleArgument = None) -> list[StatusGuide]:
    """Every status with its phases, in the order of the life cycle."""
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
