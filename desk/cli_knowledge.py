"""The commands `jinjibu knowledge …`: check the content, and what follows from a change."""

import asyncio
import json
from dataclasses import asdict
from datetime import datetime
from itertools import groupby
from typing import Annotated

import typer
from sqlalchemy.exc import SQLAlchemyError

from advisor.errors import KnowledgeError
from advisor.knowledge import KnowledgeBase, load_knowledge
from advisor.staleness import StaleItem, find_stale
from desk.chat.recall import RecalledFact, find_recalls
from desk.config import Settings
from desk.db import Database

app = typer.Typer(no_args_is_help=True, help="The content in knowledge/.")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


def _load() -> KnowledgeBase:
    try:
        return load_knowledge(Settings().knowledge)
    except KnowledgeError as exc:
        typer.echo(str(exc), err=True)
        typer.echo("Mend these files first; 'jinjibu knowledge validate' lists them.", err=True)
        raise typer.Exit(1) from exc


@app.command()
def validate() -> None:
    """Print every problem of the content; exit 1 if there is one."""
    from advisor.__main__ import main  # noqa: PLC0415

    raise typer.Exit(main(["validate", str(Settings().knowledge)]))


@app.command()
def stale(
    *,
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="As of this day; else today.")
    ] = None,
    within: Annotated[int, typer.Option(min=0, help="Also what falls due in so many days.")] = 0,
    as_json: AsJson = False,
) -> None:
    """List what has to be checked again, by who keeps it; exit 1 if something is overdue."""
    kb = _load()
    day = on.date() if on is not None else Settings().today_jst()
    items = find_stale(kb, on=day, within_days=within)
    if as_json:
        typer.echo(json.dumps([asdict(i) for i in items], ensure_ascii=False, default=str))
    else:
        _print_stale(items, kb)
    raise typer.Exit(1 if any(item.is_due for item in items) else 0)


def _print_stale(items: tuple[StaleItem, ...], kb: KnowledgeBase) -> None:
    if not items:
        typer.echo("Nothing has to be checked again.")
    by_keeper = sorted(items, key=lambda item: item.keeper)
    for keeper, group in groupby(by_keeper, key=lambda item: item.keeper):
        typer.echo(f"{kb.keepers[keeper].name} ({keeper})")
        for item in group:
            state = "overdue since" if item.is_due else "due on"
            typer.echo(f"  {state} {item.due_on}  {item.place}  {item.title}")
            typer.echo(f"    used by: {', '.join(item.used_by) or 'nothing'}")


@app.command()
def recall(
    *,
    fact: Annotated[
        str | None, typer.Option(help="Only facts whose id begins so: programs/side_job_b.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List conversations and cases that were told a fact which has changed since."""
    kb = _load()
    found = asyncio.run(_find_recalls(kb, fact))
    if as_json:
        typer.echo(json.dumps([asdict(f) for f in found], ensure_ascii=False, default=str))
        return
    if not found:
        typer.echo("Nobody was told anything that has changed since.")
    for item in found:
        what = "is no longer in the knowledge" if item.is_gone else "has changed"
        typer.echo(f"{item.fact} {what}; told by the rules of {item.told_on} to:")
        for conversation in item.conversations:
            cases = ", ".join(conversation.cases) or "no case"
            at = conversation.told_at.isoformat(timespec="minutes")
            typer.echo(f"  {conversation.conversation_id}  {at}  {cases}")


async def _find_recalls(kb: KnowledgeBase, fact: str | None) -> tuple[RecalledFact, ...]:
    # Without its keys: nothing that is sealed is read, so no key file has to be at hand.
    database = Database(Settings().resolved_database_url)
    try:
        return await find_recalls(database, kb, fact=fact)
    except SQLAlchemyError as exc:
        typer.echo(
            "The database cannot be read. Check JINJIBU_DATABASE_URL and JINJIBU_DATA, and run "
            "'jinjibu migrate' first.",
            err=True,
        )
        raise typer.Exit(1) from exc
    finally:
        await database.close()
