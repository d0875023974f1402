"""The commands `jinjibu notify …` and `jinjibu reconcile`, on the machine that serves."""

import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, TypeVar
from uuid import UUID

import typer

from desk.cli_run import run
from desk.config import JST, Settings
from desk.db import Database
from desk.notify.errors import DeliveryError
from desk.notify.models import NotificationTarget, TargetKind, TargetLevel
from desk.notify.secrets import VaultSecretBox
from desk.notify.targets import TargetDraft, TargetService
from desk.notify.webhook import new_secret
from desk.notify.wiring import build_notifications
from desk.observability import set_up_logging
from desk.reconcile.models import ReconciliationReport
from desk.reconcile.service import ReconcileService

app = typer.Typer(
    no_args_is_help=True, help="Where hubs are told of their cases.", add_completion=False
)
T = TypeVar("T")
SecretName = Annotated[str, typer.Argument(help="Name under which targets know the secret.")]
TargetId = Annotated[UUID, typer.Argument(help="Id of the target, as `list` prints it.")]


@app.callback()
def prepare() -> None:
    """Where hubs are told of their cases."""
    set_up_logging()  # Logs go to standard error; what is printed can be piped.


def _targets(work: Callable[[TargetService], Awaitable[T]]) -> T:
    return run(lambda database, settings: work(build_notifications(settings, database).targets))


def _secrets(work: Callable[[VaultSecretBox], Awaitable[T]]) -> T:
    return run(lambda database, settings: work(build_notifications(settings, database).secrets))


def _fields(given: list[str]) -> dict[str, str]:
    pairs = [item.partition("=") for item in given]
    if not all(sign for _, sign, _ in pairs):
        raise typer.BadParameter("Give fields as value=field_code, such as case_number=number.")
    return {ours: theirs for ours, _, theirs in pairs}


@app.command()
def add(
    *,
    hub: Annotated[str, typer.Argument(help="Hub id, such as matsumoto, or bureau.")],
    kind: Annotated[TargetKind, typer.Argument(help="How the hub is told.")],
    address: Annotated[
        str, typer.Argument(help="Mail address, https:// of the receiver or of the kintone.")
    ],
    level: Annotated[
        TargetLevel,
        typer.Option(
            help="hub: told of everything; lead: of late answers; bureau: of passed promises."
        ),
    ] = TargetLevel.HUB,
    app_id: Annotated[str, typer.Option("--app", help="Number of the kintone app.")] = "",
    field: Annotated[
        list[str] | None,
        typer.Option(help="kintone: value=field_code; once for each field."),
    ] = None,
    secret: Annotated[
        list[str] | None,
        typer.Option(help="Name of a secret (see `keep-secret`); new before old."),
    ] = None,
) -> None:
    """Add a target, or bring the one with the same address up to date; print its id."""
    draft = TargetDraft(
        hub_id=hub,
        kind=kind,
        address=address,
        level=level,
        app=app_id,
        field_map=_fields(field or []),
        secret_names=tuple(secret or []),
    )
    typer.echo(str(_targets(lambda targets: targets.save(draft)).id))


@app.command("list")
def list_targets() -> None:
    """Print every target: id, hub, kind, state, address, level; and the hubs without one."""

    async def work(
        service: TargetService,
    ) -> tuple[Sequence[NotificationTarget], Sequence[str], Sequence[str]]:
        silent, without_lead = (
            await service.list_silent_hubs(),
            await service.list_hubs_without_lead(),
        )
        return await service.list_targets(), silent, without_lead

    targets, silent, without_lead = _targets(work)
    for target in targets:
        state = "on" if target.enabled else f"off ({target.disabled_reason or 'by hand'})"
        address = f"{target.address} app {target.app}" if target.app else target.address
        typer.echo(
            "\t".join([str(target.id), target.hub_id, target.kind, state, address, target.level])
        )
    if silent:
        typer.echo(f"Told nowhere, only in the console: {', '.join(silent)}", err=True)
    if without_lead:
        typer.echo(f"No target of the lead: {', '.join(without_lead)}", err=True)


@app.command()
def remove(target: TargetId) -> None:
    """Take a target away; what waits for it is not sent any more."""
    _targets(lambda targets: targets.remove(target))
    typer.echo(f"{target} is removed.")


@app.command()
def test(target: TargetId) -> None:
    """Send a test notice now and print what the other side answered; exit 1 if it failed."""
    try:
        typer.echo(_targets(lambda targets: targets.test(target)))
    except DeliveryError as exc:
        typer.echo(f"Not taken: {exc}", err=True)
        raise typer.Exit(1) from exc


@app.command()
def secret() -> None:
    """Print a new random secret for a webhook."""
    typer.echo(new_secret())


@app.command("keep-secret")
def keep_secret(name: SecretName) -> None:
    """Read a secret from standard input and keep it, encrypted, under a name."""
    if sys.stdin.isatty():
        given = typer.prompt("Secret", hide_input=True)
    else:
        given = sys.stdin.readline().rstrip("\r\n")
    _secrets(lambda secrets: secrets.keep(name, given))
    typer.echo(f"{name} is kept.")


@app.command("secrets")
def list_secrets() -> None:
    """Print the name of every kept secret and when it was last changed."""
    for kept in _secrets(lambda secrets: secrets.list_kept()):
        changed = kept.updated_at.astimezone(JST).isoformat(timespec="minutes")
        typer.echo(f"{kept.name}\t{changed}")


@app.command("forget-secret")
def forget_secret(name: SecretName) -> None:
    """Take a secret out of the database, if no target names it."""
    _secrets(lambda secrets: secrets.forget(name))
    typer.echo(f"{name} is forgotten.")


def reconcile() -> None:
    """Compare what was told with what exists; print what does not fit, exit 1 if any."""
    set_up_logging()

    async def work(database: Database, settings: Settings) -> ReconciliationReport:
        service = ReconcileService(database, unanswered_minutes=settings.unanswered_minutes)
        return await service.run_now()

    report = run(work)
    for finding in report.findings:
        ids = [f"{name}={value}" for name, value in finding.items() if name != "kind"]
        typer.echo("\t".join([finding["kind"], *ids]))
    looked = ", ".join(f"{count} {name}" for name, count in report.checked.items())
    typer.echo(f"{report.finding_count} findings in {looked}.", err=True)
    raise typer.Exit(1 if report.finding_count else 0)
