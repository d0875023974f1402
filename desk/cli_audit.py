"""The commands `jinjibu audit …`: whether the log of deeds is whole, and what it says."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer

from desk.audit import repository
from desk.audit.models import AuditEntry
from desk.audit.verification import Anchor, read_anchors, read_head
from desk.audit.verification import verify as verify_log
from desk.cli_run import run
from desk.db import Database
from desk.observability import set_up_logging

app = typer.Typer(no_args_is_help=True, help="The audit log.", add_completion=False)
T = TypeVar("T")
NOT_CHECKED = 2
PAGE = 500


@app.callback()
def prepare() -> None:
    """The audit log."""
    set_up_logging()


def _end(what: str) -> NoReturn:
    typer.echo(what, err=True)
    raise typer.Exit(NOT_CHECKED)


def _run(work: Callable[[Database], Awaitable[T]]) -> T:
    return run(lambda database, _: work(database), exit_code=NOT_CHECKED)


@app.command()
def verify(
    *,
    anchor: Annotated[
        Path | None,
        typer.Option(help="File with heads kept elsewhere (lines of 'jinjibu audit head')."),
    ] = None,
) -> None:
    """Check every entry; name the first that does not hold and exit 1."""
    anchors = _anchors(anchor) if anchor is not None else []
    found = _run(lambda database: verify_log(database, anchors))
    if not found.is_whole:
        typer.echo(f"Entry {found.broken_seq} {found.flaw}.", err=True)
        typer.echo(f"Entries before it that hold: {found.checked}.", err=True)
        raise typer.Exit(1)
    typer.echo(f"The audit log is whole: {found.checked} entries.")
    if anchor is None:
        typer.echo("Without --anchor a log that was cut at its end looks whole.", err=True)


def _anchors(path: Path) -> list[Anchor]:
    try:
        return [*read_anchors(path.read_text(encoding="utf-8"))]
    except (OSError, ValueError) as exc:
        _end(f"{path} cannot be read as heads, one a line ({type(exc).__name__}).")


@app.command()
def head() -> None:
    """Print the end of the chain as JSON, to be kept where the database is not."""
    found = _run(read_head)
    typer.echo(json.dumps({"seq": found.seq, "hash": found.hash}))


@app.command("list")
def list_entries(
    *,
    after: Annotated[int, typer.Option(min=0, help="Only entries after this number.")] = 0,
    subject: Annotated[
        str | None, typer.Option(help="Only what was done to this, such as case:ID.")
    ] = None,
) -> None:
    """Print entries as JSON, one a line."""
    _run(lambda database: _print(database, after, subject))


async def _print(database: Database, after: int, subject: str | None) -> None:
    async with database.read() as tx:
        if subject is not None:
            for entry in await repository.list_of_subject(tx, subject):
                if entry.seq > after:
                    typer.echo(json.dumps(_as_json(entry)))
            return
        while entries := await repository.list_after(tx, after, PAGE):
            for entry in entries:
                typer.echo(json.dumps(_as_json(entry)))
            after = entries[-1].seq
            tx.expunge_all()


def _as_json(entry: AuditEntry) -> dict[str, Any]:
    return {
        "seq": entry.seq,
        "at": entry.at.isoformat(),
        "action": entry.action,
        "actor": entry.actor,
        "actor_id": str(entry.actor_id) if entry.actor_id else None,
        "subject": entry.subject,
        "details": entry.details,
    }
