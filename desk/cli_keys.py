"""The commands `jinjibu keys …`: the keys that names, contact data and notes are sealed with."""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

import desk.models  # noqa: F401 (a table that is not known would lose its key)
from desk.cli_run import run
from desk.config import JST, Settings
from desk.db import Database
from desk.observability import set_up_logging
from desk.vault import rotation
from desk.vault.service import vault_of
from desk.vault.trackers import refuse_if_trackers_need, tracker_keys

app = typer.Typer(no_args_is_help=True, help="Keys of the encryption.", add_completion=False)
T = TypeVar("T")


@app.callback()
def prepare() -> None:
    """Keys of the encryption."""
    set_up_logging()


def _run(work: Callable[[Database], Awaitable[T]]) -> T:
    async def with_keys(database: Database, _: Settings) -> T:
        vault_of(database)  # Without keys nothing is opened, and no empty database made.
        return await work(database)

    return run(with_keys)


@app.command()
def status() -> None:
    """Print every key, what depends on it, and how far a renewal has come."""
    state = _run(rotation.state)
    for key in state.keys:
        what = "encrypts" if key.is_current else "decrypts"
        if key.retired_at is not None:
            what = "retired"
        created = key.created_at.astimezone(JST).isoformat(timespec="minutes")
        typer.echo(f"{key.id}\t{what}\t{created}\t{key.values} values")
    if state.unsealed:
        typer.echo(f"not encrypted: {state.unsealed} values; run 'jinjibu migrate'")
    share = 100 if state.total == 0 else 100 * state.current // state.total
    typer.echo(f"with the newest key: {state.current} of {state.total} values ({share} %)")
    if state.steps.get("dead"):
        typer.echo("The renewal has stopped. Run 'jinjibu keys renew'; the log says why.")
    elif state.steps:
        typer.echo("A renewal is under way; it needs the service to run.")


@app.command()
def rotate() -> None:
    """Add a key, which encrypts from now on; what is there is renewed in the background."""
    key_id = _run(rotation.rotate)
    typer.echo(f"Key {key_id} encrypts from now on. Back up {Settings().key_path} now.")
    typer.echo("'jinjibu keys status' shows how far the renewal has come.")
    typer.echo("Restart the service once, so that Rasa takes the key up for its trackers.")


@app.command()
def renew() -> None:
    """Renew what is not sealed with the newest key, such as after a stopped renewal."""
    _run(rotation.renew)
    typer.echo("The renewal is queued; it needs the service to run.")


@app.command()
def retire(key_id: Annotated[str, typer.Argument(help="Id that 'keys status' shows.")]) -> None:
    """Take an old key, with which nothing is sealed any more, out of the key file."""

    async def work(database: Database) -> None:
        await refuse_if_trackers_need(Settings(), key_id)
        await rotation.retire(database, key_id)

    _run(work)
    typer.echo(f"Key {key_id} is retired. Backups of the database from before need it still.")


@app.command()
def trackers() -> None:
    """Print the keys of Rasa's trackers, for a Rasa that ./run does not start.

    They are secrets: JINJIBU_TRACKER_KEYS of Rasa's process takes them.
    """
    typer.echo(_run(_tracker_keys))


async def _tracker_keys(database: Database) -> str:
    return tracker_keys(vault_of(database).file)


@app.command()
def verify() -> None:
    """Open every sealed value; exit 1 and list the rows where that fails."""
    broken = _run(rotation.verify)
    for row in broken:
        typer.echo(row)
    typer.echo(f"{len(broken)} rows cannot be opened." if broken else "Every value can be opened.")
    raise typer.Exit(1 if broken else 0)
