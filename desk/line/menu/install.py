"""Puts the rich menu on an account, and takes it away again."""

from collections.abc import Sequence
from urllib.parse import quote

from desk.line.accounts import LineAccount
from desk.line.client import LineAnswer, LineClient, LineSilentError, LineUnreachableError
from desk.line.menu import Menu

MENUS = "/v2/bot/richmenu"
DEFAULT = "/v2/bot/user/all/richmenu"


class MenuRefusedError(Exception):
    """LINE did not do it; the message says which step and why."""


async def install_menu(client: LineClient, account: LineAccount, menu: Menu, image: bytes) -> str:
    """Show the menu to everybody who has no menu of their own; older ones of its name go.

    The old menu stays until the new one is shown. What is half done is taken back.

    Returns:
        LINE's id of the menu.

    Raises:
        MenuRefusedError: LINE did not take it.
    """
    old = await _list_own(client, account, menu.name)
    made = await _do(client, account, "POST", MENUS, menu.as_json())
    menu_id = str(made.data.get("richMenuId") or "")
    try:
        path = f"{MENUS}/{quote(menu_id, safe='')}/content"
        _check(f"POST {path}", await client.upload(account, path, image, "image/png"))
        await _do(client, account, "POST", f"{DEFAULT}/{quote(menu_id, safe='')}")
    except (MenuRefusedError, LineSilentError, LineUnreachableError) as exc:
        await _delete(client, account, [menu_id])
        raise MenuRefusedError(f"{exc} The menu that was there is unchanged.") from exc
    await _delete(client, account, old)
    return menu_id


async def remove_menu(client: LineClient, account: LineAccount, menu: Menu) -> int:
    """Take away every menu of this name; those of others stay.

    Returns:
        How many there were.

    Raises:
        MenuRefusedError: LINE did not do it.
    """
    own = await _list_own(client, account, menu.name)
    await _delete(client, account, own)
    return len(own)


async def _list_own(client: LineClient, account: LineAccount, name: str) -> Sequence[str]:
    found = (await _do(client, account, "GET", f"{MENUS}/list")).data.get("richmenus")
    menus = found if isinstance(found, list) else []
    return [str(each["richMenuId"]) for each in menus if each.get("name") == name]


async def _delete(client: LineClient, account: LineAccount, ids: Sequence[str]) -> None:
    for menu_id in ids:
        await _do(client, account, "DELETE", f"{MENUS}/{quote(menu_id, safe='')}")


async def _do(
    client: LineClient,
    account: LineAccount,
    method: str,
    path: str,
    body: dict[str, object] | None = None,
) -> LineAnswer:
    try:
        answer = await client.call(account, method, path, body)
    except (LineSilentError, LineUnreachableError) as exc:
        raise MenuRefusedError(f"{method} {path}: LINE does not answer ({exc}).") from exc
    return _check(f"{method} {path}", answer)


def _check(what: str, answer: LineAnswer) -> LineAnswer:
    if not answer.is_done:
        raise MenuRefusedError(f"{what}: LINE answers {answer.message}.")
    return answer
