"""The commands `jinjibu user …`: accounts of staff, from the machine that serves."""

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from desk.auth.models import Role
from desk.auth.oidc.service import link, set_email
from desk.auth.service import AuthService
from desk.cli_run import REMEDY, run
from desk.config import Settings
from desk.observability import set_up_logging

app = typer.Typer(no_args_is_help=True, help="Accounts of staff.", add_completion=False)
T = TypeVar("T")
Login = Annotated[str, typer.Argument(help="Login name of the account.")]


@app.callback()
def prepare() -> None:
    """Accounts of staff."""
    set_up_logging()  # Logs go to standard error; what is printed can be piped.


def _run(work: Callable[[AuthService], Awaitable[T]]) -> T:
    """Do `work` on the database that the settings name, which is not made by that."""
    path = _sqlite_path(Settings())
    if path is not None and not path.exists():
        typer.echo(f"There is no database at {path}. {REMEDY}", err=True)
        raise typer.Exit(1)
    return run(lambda database, settings: work(AuthService(database, settings)))


def _sqlite_path(settings: Settings) -> Path | None:
    """The database's file, which opening would make; None if it is no file."""
    scheme, _, path = settings.resolved_database_url.partition(":///")
    return Path(path) if scheme.startswith("sqlite") else None


def _show_secret(login: str, secret: str) -> None:
    typer.echo(f"login: {login}")
    typer.echo(f"one-time password: {secret}")
    typer.echo("It is shown only here, and must be changed at the first login.")


@app.command()
def add(
    *,
    login: Login,
    name: Annotated[str, typer.Option(help="The person's name, as colleagues see it.")],
    role: Annotated[Role, typer.Option(help="What the person may do.")] = Role.STAFF,
    hub: Annotated[
        str | None, typer.Option(help="Hub id, such as matsumoto; for staff and lead.")
    ] = None,
    password_stdin: Annotated[
        bool,
        typer.Option("--password-stdin", help="Read a lasting password from standard input."),
    ] = False,
) -> None:
    """Make an account and print its one-time password."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    secret = _run(lambda auth: auth.create_user(login, name, role, hub, password))
    if secret is not None:
        _show_secret(login, secret)
    else:
        typer.echo(f"login: {login}")


@app.command("list")
def list_users() -> None:
    """Print every account: login, role, hub, state, name."""
    for user in _run(lambda auth: auth.list_users()):
        state = "disabled" if user.disabled_at else "active"
        typer.echo("\t".join([user.login, user.role, user.hub_id or "-", state, user.display_name]))


@app.command()
def disable(login: Login) -> None:
    """Take an account out of use and end its sessions."""

    async def work(auth: AuthService) -> None:
        user = await auth.get_user_by_login(login)
        await auth.disable_user(user.id)

    _run(work)
    typer.echo(f"{login} is disabled.")


@app.command("reset-password")
def reset_password(login: Login) -> None:
    """Give an account a new one-time password, unlock it and end its sessions."""

    async def work(auth: AuthService) -> str:
        user = await auth.get_user_by_login(login)
        return await auth.reset_password(user.id)

    _show_secret(login, _run(work))


@app.command("reset-second-factor")
def reset_second_factor(login: Login) -> None:
    """Forget an account's authenticator app and recovery codes, and end its sessions."""

    async def work(auth: AuthService) -> None:
        user = await auth.get_user_by_login(login)
        await auth.second_factor.reset(user.id, by=None)

    _run(work)
    typer.echo(f"{login} sets up an authenticator app anew after the next login.")


@app.command("end-sessions")
def end_sessions(login: Login) -> None:
    """Log a person out everywhere."""

    async def work(auth: AuthService) -> int:
        user = await auth.get_user_by_login(login)
        return await auth.sessions.revoke_all_of(user.id, by=None)

    typer.echo(f"{_run(work)} sessions of {login} have ended.")


@app.command()
def role(
    *,
    login: Login,
    role: Annotated[Role, typer.Option(help="What the person may do from now on.")],
    hub: Annotated[str | None, typer.Option(help="Hub id; for staff and lead.")] = None,
) -> None:
    """Give an account another role or hub; its person logs in anew."""

    async def work(auth: AuthService) -> None:
        user = await auth.get_user_by_login(login)
        await auth.change_role(user.id, role, hub)

    _run(work)
    typer.echo(f"{login} is {role} now.")


@app.command()
def organisation(
    *,
    login: Login,
    email: Annotated[
        str | None,
        typer.Option(help="Address that the organisation calls verified; '' takes it away."),
    ] = None,
    subject: Annotated[
        str | None,
        typer.Option(help="The person's `sub`, where no verified address comes with a login."),
    ] = None,
) -> None:
    """Tie an account to a person of the organisation's login (JINJIBU_OIDC_ISSUER)."""
    if (email is None) == (subject is None):
        typer.echo("Give either --email or --subject.", err=True)
        raise typer.Exit(1)
    issuer = Settings().oidc_issuer
    if not issuer:
        typer.echo("Set JINJIBU_OIDC_ISSUER first.", err=True)
        raise typer.Exit(1)

    async def work(auth: AuthService) -> None:
        user = await auth.get_user_by_login(login)
        if subject is None:
            await set_email(auth.database, user.id, email or "", by=None)
        else:
            await link(auth.database, user.id, issuer=issuer, subject=subject, by=None)

    _run(work)
    typer.echo(f"{login} is tied to the organisation's login as you said.")
