"""The commands `jinjibu line …`, on the machine that serves."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Annotated, TypeVar

import typer

from advisor.errors import KnowledgeError
from desk.auth.hubs import read_hubs
from desk.chat.sites import SitesError, load_sites
from desk.cli_run import run
from desk.config import Settings
from desk.db import Database, now
from desk.line.accounts import AccountsError, LineAccount, LineAccounts, load_accounts
from desk.line.client import LineAnswer, LineClient, LineSilentError, LineUnreachableError
from desk.line.findings import HINTS, Finding, find_problems
from desk.line.forecast import forecast
from desk.line.inspection import Access, Inspection, inspect
from desk.line.menu import Menu, MenuError, load_menu
from desk.line.menu.install import MenuRefusedError, install_menu, remove_menu
from desk.line.models import SendState
from desk.line.sends import count_sends
from desk.observability import set_up_logging

app = typer.Typer(no_args_is_help=True, help="LINE: check, menu, status.", add_completion=False)
menu_app = typer.Typer(no_args_is_help=True, help="The rich menu.", add_completion=False)
app.add_typer(menu_app, name="menu")
T = TypeVar("T")
WAITS_SECONDS = 10.0
WAITING = (SendState.PENDING, SendState.QUOTA, SendState.UNCERTAIN, SendState.FAILED)
WEEK = timedelta(days=7)
AccountName = Annotated[str, typer.Argument(help="Id of an account in JINJIBU_LINE_FILE.")]
CONSOLE = "LINE Developers console > channel > Messaging API"
MANAGER = "LINE Official Account Manager > Settings"
TOLD = {
    Finding.CLOSED: "no channel secret, so that every webhook is answered 404. Do: put it into channel_secrets.",
    Finding.AWAY: "LINE does not answer. Do: look whether this machine reaches {api} by https, and try again.",
    Finding.TOKEN_REFUSED: f"LINE refuses the access token. Do: issue one ({CONSOLE} > Channel access token), put it into access_token, start desk again.",
    Finding.OTHER_BOT: "the access token belongs to another bot ({bot}) than bot_user_id says. Do: put secret, token and bot_user_id of one channel together.",
    Finding.NO_WEBHOOK: f"no webhook address is set. Do: set {{webhook}} ({CONSOLE} > Webhook URL).",
    Finding.OTHER_WEBHOOK: f"the webhook address is {{set}}. Do: set {{webhook}} ({CONSOLE} > Webhook URL), or put JINJIBU_PUBLIC_URL right.",
    Finding.WEBHOOK_OFF: f"the webhook is off. Do: switch on 'Use webhook' ({CONSOLE}) or 'Webhook' ({MANAGER} > Response settings).",
    Finding.NOT_HTTPS: "LINE calls https:// only, and {webhook} is none. Do: set JINJIBU_PUBLIC_URL.",
    Finding.QUOTA_USED_UP: "the month's pushes are used up ({used} of {limit}); replies go on. Do: choose a larger plan, or wait for the first of the month.",
    Finding.QUOTA_RUNS_OUT: "the month's pushes ({used} of {limit}) will be used up about {ends}.",
    Finding.CHAT_ON: f"chat is on: staff who answer in LINE's own manager are not seen here. Switch it off ({MANAGER} > Response settings) if nobody needs it.",
}  # fmt: skip
REASONS = {
    "COULD_NOT_CONNECT": "LINE does not reach the address. Do: look at DNS, TLS certificate (of a public authority, with its chain) and firewall.",
    "REQUEST_TIMEOUT": "the answer took more than 2 seconds. Do: look at the proxy and at the load of the machine.",
    "ERROR_STATUS_CODE": "the address answers {detail}. 401: channel_secrets has another channel's secret; 404: unknown account id; 502, 503: desk does not run.",
}  # fmt: skip
BY_HAND = f"""LINE does not tell these; look yourself ({MANAGER} > Response settings):
  Greeting message (aisatsu) off, or owners are greeted twice.
  Auto-response messages (outou) off, or owners are answered twice.
  Webhook redelivery on ({CONSOLE}), so that nothing is lost while desk restarts."""


@app.callback()
def prepare() -> None:
    """LINE: check, menu, status."""
    set_up_logging()  # Logs go to standard error; what is printed can be piped.


def _accounts(settings: Settings) -> LineAccounts:
    """The table; says what is wrong with it and exits."""
    try:
        if settings.line_file is None:
            raise AccountsError("LINE is not set up. Name the table in JINJIBU_LINE_FILE.")
        sites = load_sites(settings.sites_file, read_hubs(settings.knowledge))
        accounts = load_accounts(settings.line_file, sites)
        if not len(accounts):
            raise AccountsError(f"{settings.line_file}: holds no account.")
    except (AccountsError, SitesError, KnowledgeError) as exc:
        typer.echo(str(exc), err=True)
        raise typer.Exit(1) from exc
    return accounts


def _chosen(settings: Settings, name: str | None) -> Sequence[LineAccount]:
    found = [a for a in _accounts(settings) if name is None or a.id == name]
    if not found:
        typer.echo(f"There is no account '{name}' in {settings.line_file}.", err=True)
        raise typer.Exit(1)
    return found


def _ask(work: Callable[[LineClient], Awaitable[T]]) -> T:
    async def do() -> T:
        client = LineClient(timeout_seconds=WAITS_SECONDS)
        try:
            return await work(client)
        finally:
            await client.close()

    return asyncio.run(do())


async def _inspect(client: LineClient, account: LineAccount) -> Inspection:
    return await inspect(client, account, now(), patience_seconds=WAITS_SECONDS)


@app.command()
def check(
    account: Annotated[str | None, typer.Argument(help="One account; all without it.")] = None,
) -> None:
    """Ask LINE about credentials, webhook and chat mode; exit 1 if something is wrong."""
    settings = Settings()
    wrong = [_check_one(settings, each) for each in _chosen(settings, account)]
    typer.echo(BY_HAND)
    raise typer.Exit(1 if any(wrong) else 0)


def _check_one(settings: Settings, account: LineAccount) -> bool:
    """Print what was found of one account; whether something is wrong."""
    webhook = f"{settings.resolved_public_url.rstrip('/')}/line/webhook/{account.id}"
    seen = _ask(lambda client: _inspect(client, account))
    problems = find_problems(account, seen, webhook)
    if seen.access is Access.GOOD:
        _say(account, "ok", f"{_name(seen)}; {_quota(seen)}")
    for problem in problems:
        told = TOLD[problem].format(**_values(account, seen, webhook))
        _say(account, "note" if problem in HINTS else "WRONG", told)
    is_wrong = any(problem not in HINTS for problem in problems)
    if seen.access is not Access.GOOD or is_wrong:
        return True
    return not _test_call(account, webhook)


def _values(account: LineAccount, seen: Inspection, webhook: str) -> dict[str, object]:
    quota = seen.quota
    ends = forecast(quota, seen.read_at).runs_out_on if quota else None
    return {
        "api": account.api_base,
        "bot": seen.bot_user_id,
        "set": seen.webhook,
        "webhook": webhook,
        "used": quota.used if quota else "?",
        "limit": quota.limit if quota else "?",
        "ends": ends,
    }


def _test_call(account: LineAccount, webhook: str) -> bool:
    """Have LINE call the webhook once; whether it was answered as it should be."""
    try:
        answer = _ask(lambda client: client.test_webhook(account))
    except (LineSilentError, LineUnreachableError):
        _say(account, "WRONG", "LINE did not answer when asked for a test call. Try again.")
        return False
    if answer.is_done and answer.data.get("success") is True:
        _say(account, "ok", f"LINE called {webhook} and was answered")
        return True
    _say(account, "WRONG", _told_of_test(answer))
    return False


def _told_of_test(answer: LineAnswer) -> str:
    if not answer.is_done:
        return f"the test call was refused ({answer.message}); LINE allows 60 an hour."
    reason = str(answer.data.get("reason") or "")
    known = REASONS.get(reason, "LINE says {reason}: {detail}")
    return "test call: " + known.format(reason=reason, detail=answer.data.get("detail"))


def _say(account: LineAccount, mark: str, text: str) -> None:
    typer.echo(f"{account.id}\t{mark}\t{text}")


def _name(seen: Inspection) -> str:
    return f"{seen.display_name} {seen.basic_id}, bot_user_id {seen.bot_user_id}"


def _quota(seen: Inspection) -> str:
    if seen.quota is None:
        return "LINE does not tell the month's pushes"
    limit = "no limit" if seen.quota.limit is None else f"of {seen.quota.limit}"
    return f"{seen.quota.used} pushes this month, {limit}"


@app.command()
def status() -> None:
    """Print the month's pushes and, of the last 7 days, what is on its way or needs a person."""

    async def count(database: Database, settings: Settings) -> dict[tuple[str, str], int]:
        del settings
        found: dict[tuple[str, str], int] = {}
        async with database.read() as tx:
            for (name, _, state), number in (await count_sends(tx, now() - WEEK)).items():
                found[name, state] = found.get((name, state), 0) + number
        return found

    accounts = _chosen(Settings(), None)
    counts = run(count)
    for account in accounts:
        seen = _ask(lambda client, a=account: _inspect(client, a))  # type: ignore[misc]
        told = _quota(seen) if seen.access is Access.GOOD else f"LINE: {seen.access}"
        states = [f"{counts.get((account.id, state), 0)} {state}" for state in WAITING]
        typer.echo("\t".join([account.id, told, *states]))


def _menu() -> tuple[Menu, bytes]:
    try:
        return load_menu()
    except MenuError as exc:
        typer.echo(str(exc), err=True)
        raise typer.Exit(1) from exc


def _do(work: Callable[[LineClient], Awaitable[T]]) -> T:
    try:
        return _ask(work)
    except MenuRefusedError as exc:
        typer.echo(str(exc), err=True)
        raise typer.Exit(1) from exc


@menu_app.command()
def install(account: AccountName) -> None:
    """Show the rich menu to everybody; run it again after a change of the menu."""
    (chosen,) = _chosen(Settings(), account)
    menu, image = _menu()
    menu_id = _do(lambda client: install_menu(client, chosen, menu, image))
    typer.echo(f"{menu.name} is shown ({menu_id}). Phones may take a minute to show it.")


@menu_app.command()
def remove(account: AccountName) -> None:
    """Take our rich menu away; menus made elsewhere stay."""
    (chosen,) = _chosen(Settings(), account)
    menu, _ = _menu()
    count = _do(lambda client: remove_menu(client, chosen, menu))
    typer.echo(f"{count} removed.")
