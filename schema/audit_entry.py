"""Entries of the audit log."""

from datetime import datetime

import strawberry

from auth.oauth_scopes import OAuthScope
from db.models import AuditEntry as AuditEntryRow
from resolvers import relations
from schema.characteristic import Characteristic
from schema.enums import AuditAction, AuditActor
from schema.fields import label_of, to_one
from schema.required_scopes import requires


def _id(root: strawberry.Parent[AuditEntryRow]) -> str:
    # In the form of `partnergraph audit list --json`.
    return str(root.id)


def _details(root: strawberry.Parent[AuditEntryRow]) -> list[Characteristic]:
    # Sorted by name, because PostgreSQL does not keep the order of JSON objects.
    pairs = [{"name": name, "value": value} for name, value in sorted(root.details.items())]
    return Characteristic.list_of([pair for pair in pairs if pair["value"] is not None])


@strawberry.type(
    description="An entry of the audit log. Entries record changes to credentials and users, "
    "failed sign-ins, reads by the carrier's support, and mutations. An entry never changes "
    "and is never deleted.",
    directives=requires(OAuthScope.AUDIT_READ),
)
class AuditEntry:
    id: str = strawberry.field(
        resolver=_id,
        description="Identifies the entry within the audit log: use it to recognise entries that "
        "you have copied already. It is not accepted by `node`.",
    )
    occurred_at: datetime = strawberry.field(description="When the recorded action happened.")
    action: AuditAction = strawberry.field(description="The action that was recorded.")
    action_label = label_of("action")
    actor_kind: AuditActor = strawberry.field(
        description="The kind of actor that performed the action."
    )
    actor: str = strawberry.field(
        description='Who performed the action, as the carrier\'s logs name them: "M-10001/CRM" or '
        '"support:Service desk". It never contains a person\'s name. It is "unknown" '
        "if the credential did not identify anyone."
    )
    credential: str | None = strawberry.field(
        description="The public part of the credential that the actor used. Null if no credential "
        "was used."
    )
    on_behalf_of: str | None = strawberry.field(
        description="The person at the carrier who read the data, as the support tool names them. "
        "Null for all other actions.",
        directives=requires(OAuthScope.PERSONAL_DATA_READ),
    )
    subject: str | None = strawberry.field(
        description="What the action was performed on: the public part of a credential, a user as "
        "the carrier's logs name them, an origin, or the number of an order. Null if the action "
        "has no subject."
    )
    tenant = to_one(
        relations.TENANT,
        "tenant_id",
        "The tenant whose data or credentials the action concerns. Null if it concerns no tenant.",
    )
    request_id: str | None = strawberry.field(
        description="The id of the request that performed the action, as sent in the response "
        "header X-Request-Id. Null if the action was not performed by a request."
    )
    details: list[Characteristic] = strawberry.field(
        resolver=_details,
        description='Further details by name: the name of the client ("client"), the reason for a '
        'failed sign-in ("reason"), the number of attempts ("attempts"), or the '
        'operation that read the data ("operation").',
    )
