"""`intake-failures list|show|replay|discard`: messages that the program failed to take in."""

import asyncio
import json
from collections.abc import Sequence

import click

import intake
from commands.admin import minute, print_list, print_table
from commands.base import PARTLY_FAILED, Mistake, load_settings, now, open_database, stopped_by
from db.models import IntakeFailure
from intake.failures import short

_HEADER = ("MESSAGE", "TENANT", "ORDER", "KIND", "EVENT", "ATTEMPTS", "FIRST", "LAST", "STATE")

Failures = Sequence[IntakeFailure]


@click.group("intake-failures")
def intake_failures() -> None:
    """Show, replay and discard the messages that the program failed to take in.

    After three failed attempts a message is put aside here, and its sender need not send it again.
    """


@intake_failures.command("list")
@click.option("--json", "as_json", is_flag=True, help="All of each message, as a line of JSON.")
def list_failures(as_json: bool) -> None:
    """List the messages, oldest first, with the start of their digest."""
    failures = asyncio.run(_select((), everything=True))
    if as_json:
        for failure in failures:
            click.echo(json.dumps(_whole(failure), ensure_ascii=False))
    else:
        print_list("There are no failed messages.", _HEADER, list(map(_row, failures)))


@intake_failures.command()
@click.argument("digest")
def show(digest: str) -> None:
    """Show the message with that DIGEST (or its start), and the error of its last attempt."""
    for failure in asyncio.run(_select((digest,))):
        print_table(_HEADER, [_row(failure)])
        click.echo(f"\n{failure.payload}\n\n{failure.error.rstrip()}")


_DIGESTS = click.argument("digests", nargs=-1, metavar="[DIGEST]...")


@intake_failures.command()
@_DIGESTS
@click.option("--all", "everything", is_flag=True, help="All that are listed.")
def replay(digests: tuple[str, ...], everything: bool) -> None:
    """Try messages again as their senders sent them; what is taken in is no longer listed.

    A message that says nothing about its time tells what was so when it first came. What cannot be
    taken in is reported and stays listed, and the exit code is 1.
    """
    taken_in, problems = asyncio.run(_replay(digests, everything))
    for problem in problems:
        click.echo(problem, err=True)
    click.echo(f"{taken_in:,} taken in, {len(problems):,} failed")
    if problems:
        raise SystemExit(PARTLY_FAILED)


@intake_failures.command()
@_DIGESTS
@click.option("--all", "everything", is_flag=True, help="All that are listed.")
def discard(digests: tuple[str, ...], everything: bool) -> None:
    """Remove messages for good, for example because the sender has corrected them.

    A further copy of a discarded message is tried like a new one.
    """
    click.echo(f"{asyncio.run(_discard(digests, everything)):,} discarded")


async def _select(digests: tuple[str, ...], *, everything: bool = False) -> Failures:
    settings = load_settings()
    async with open_database(settings) as database:
        with stopped_by(settings):
            return _chosen(await intake.list_failures(database), digests, everything)


async def _replay(digests: tuple[str, ...], everything: bool) -> tuple[int, list[str]]:
    settings = load_settings()
    problems: list[str] = []
    taken_in = 0
    async with open_database(settings) as database:
        with stopped_by(settings):
            for failure in _chosen(await intake.list_failures(database), digests, everything):
                try:
                    result = await intake.replay(database, failure, now=now())
                except intake.InvalidError as error:
                    reasons = error.problems
                else:
                    if result.outcome is not None:
                        taken_in += 1
                        continue
                    reasons = result.problems
                problems += [f"{short(failure.digest)}: {path}: {why}" for path, why in reasons]
    return taken_in, problems


async def _discard(digests: tuple[str, ...], everything: bool) -> int:
    settings = load_settings()
    async with open_database(settings) as database:
        with stopped_by(settings):
            failures = _chosen(await intake.list_failures(database), digests, everything)
            for failure in failures:
                await intake.discard(database, failure)
    return len(failures)


def _chosen(failures: Failures, digests: tuple[str, ...], everything: bool) -> Failures:
    """Those that begin with a digest. Raises a Mistake for a start that names none, or several."""
    if everything == bool(digests):
        raise Mistake("Name the messages by their digests, or all of them by --all.")
    if everything:
        return failures
    for start in digests:
        matching = {f.digest for f in failures if f.digest.startswith(start)}
        if len(matching) != 1:
            raise Mistake(
                f"{len(matching) or 'No'} failed messages have a digest that begins with {start}: "
                "`partnergraph intake-failures list` shows them."
            )
    return [f for f in failures if f.digest.startswith(digests)]


def _row(failure: IntakeFailure) -> tuple[str, ...]:
    return (
        short(failure.digest),
        failure.tenant_number or "-",
        failure.order_number,
        failure.kind,
        failure.event_id or "-",
        f"{failure.attempts}",
        minute(failure.first_failed_at),
        minute(failure.last_failed_at),
        "put aside" if failure.put_aside_at else "tried again",
    )


def _whole(failure: IntakeFailure) -> dict[str, object]:
    aside = failure.put_aside_at
    return {
        "digest": failure.digest,
        "tenant": failure.tenant_number or None,
        "order": failure.order_number,
        "kind": failure.kind,
        "eventId": failure.event_id,
        "attempts": failure.attempts,
        "firstFailedAt": failure.first_failed_at.isoformat(),
        "lastFailedAt": failure.last_failed_at.isoformat(),
        "putAsideAt": aside.isoformat() if aside else None,
        "payload": failure.payload,
        "error": failure.error,
    }
