"""The command `jinjibu`: for operators, on the machine that serves."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer
import uvicorn

from desk.chat.sites import SitesError
from desk.cli_audit import app as audit_app
from desk.cli_keys import app as keys_app
from desk.cli_knowledge import app as knowledge_app
from desk.cli_line import app as line_app
from desk.cli_notify import app as notify_app
from desk.cli_notify import reconcile
from desk.cli_review import app as review_app
from desk.cli_users import app as users_app
from desk.config import Settings
from desk.errors import DeskError
from desk.line.accounts import AccountsError
from desk.vault.errors import VaultError
from desk.vault.service import check_keys

app = typer.Typer(no_args_is_help=True, help="Operate the service.", add_completion=False)
app.add_typer(audit_app, name="audit")
app.add_typer(keys_app, name="keys")
app.add_typer(knowledge_app, name="knowledge")
app.add_typer(line_app, name="line")
app.add_typer(review_app, name="review")
app.add_typer(users_app, name="user")
app.add_typer(notify_app, name="notify")
app.command()(reconcile)


def _run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


@app.command()
def up(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port of the pages and the API.")] = None,
    rasa_port: Annotated[int | None, typer.Option(help="Rasa's port, on loopback.")] = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder of the database, keys and logs.")
    ] = None,
    *,
    no_train: Annotated[
        bool, typer.Option("--no-train", help="Do not train; fail if the model is not current.")
    ] = False,
    line_simulator: Annotated[
        bool, typer.Option("--line-simulator", help="Serve a page that stands for LINE too.")
    ] = False,
    line_simulator_port: Annotated[
        int, typer.Option(min=1, max=65535, help="Port of that page, on loopback.")
    ] = 8010,
) -> None:
    """Set up everything and serve until stopped (this is what ./run calls)."""
    from desk.launcher.up import run_up  # noqa: PLC0415 (only this command needs it)

    given = {"host": host, "port": port, "rasa_port": rasa_port, "data": data}
    settings = Settings.model_validate(
        {**Settings().model_dump(), **{k: v for k, v in given.items() if v is not None}}
    )
    simulator_port = line_simulator_port if line_simulator else None
    raise typer.Exit(run_up(settings, may_train=not no_train, simulator_port=simulator_port))


@app.command()
def serve() -> None:
    """Serve desk alone; Rasa must run elsewhere on this machine."""
    from desk.app import create_app  # noqa: PLC0415 (loads the knowledge base)
    from desk.launcher.parent import end_with_parent  # noqa: PLC0415

    end_with_parent()
    settings = Settings()
    try:
        _run(check_keys(settings))
        served = create_app(settings)
    except (DeskError, VaultError, SitesError, AccountsError) as exc:
        typer.echo(f"Could not start. {exc}", err=True)
        raise typer.Exit(1) from exc
    uvicorn.run(
        served,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=5,
        timeout_keep_alive=30,
    )


@app.command()
def migrate() -> None:
    """Bring the database to the newest revision; make its key file if it has none yet."""
    from desk.launcher.errors import SetupError  # noqa: PLC0415
    from desk.launcher.steps import migrate_database, prepare_data  # noqa: PLC0415

    settings = Settings()
    try:
        prepare_data(settings)
        typer.echo(_run(migrate_database(settings)))
    except SetupError as exc:
        typer.echo(f"{exc.what} {exc.remedy}", err=True)
        raise typer.Exit(1) from exc


@app.command()
def train() -> None:
    """Train the model if its inputs have changed."""
    from desk.launcher.model import train_if_needed  # noqa: PLC0415

    typer.echo(train_if_needed(Settings()))
