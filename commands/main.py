"""The command `partnergraph`, made of the functions in `commands/`."""

import click

from commands.audit import audit
from commands.credentials import api_key, oauth_client
from commands.data import distribution, intake_command, migrate, seed
from commands.demo import demo
from commands.intake_failures import intake_failures
from commands.schema import export_schema
from commands.serving import serve
from commands.signing_keys import signing_key
from commands.users import user
from commands.widget import widget_origin


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="partnergraph")
def main() -> None:
    """Serves a carrier's partners their orders, from cart to contract, over GraphQL.

    Settings are read from PARTNERGRAPH_… variables (docs/operations.md). Exit codes: 0 success, 1
    partial success, 2 stopped by an error or by an unavailable database.
    """


for command in (
    migrate,
    distribution,
    seed,
    intake_command,
    intake_failures,
    serve,
    api_key,
    oauth_client,
    signing_key,
    user,
    widget_origin,
    audit,
    export_schema,
    demo,
):
    main.add_command(command)
