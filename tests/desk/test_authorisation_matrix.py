"""Every route for every kind of visitor; a route that the table does not know fails.

The table is `tests/desk/authorisation/*.yml`; its README says how an entry is written.
"""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from advisor.knowledge import KnowledgeBase, load_knowledge
from advisor.loading import load_yaml
from desk.app import create_app
from desk.auth.passwords import Passwords
from desk.auth.service import AuthService
from desk.chat.ports import ScriptedDialogueEngine
from desk.config import ROOT, Settings
from tests.desk.authorisation.visitors import GROUPS, VISITORS
from tests.desk.authorisation.world import World, write_line_files

FOLDER = Path(__file__).with_name("authorisation")
PARAMETER = re.compile(r"\{([\w:]+)\}")
LOGIN = "login"


def _table() -> dict[str, list[dict[str, Any]]]:
    table: dict[str, list[dict[str, Any]]] = {}
    for path in sorted(FOLDER.glob("*.yml")):
        part = load_yaml(path)
        assert not table.keys() & part.keys(), f"{path.name}: a route stands in two files"
        table |= part
    return table


TABLE = _table()
ROWS = [
    pytest.param(route, row, id=f"{route} {index}" if index else route)
    for route, rows in TABLE.items()
    for index, row in enumerate(rows)
]


def _expected(row: dict[str, Any]) -> dict[str, int | str]:
    """The wanted status for each visitor; a row that leaves one out is an error."""
    given = dict(row["expect"])
    rest = given.pop("else", None)
    for group, members in GROUPS.items():
        if group in given:
            status = given.pop(group)
            given = {**dict.fromkeys(members, status), **given}
    assert given.keys() <= VISITORS.keys()
    expected = {visitor: given.get(visitor, rest) for visitor in VISITORS}
    assert None not in expected.values()
    return expected


def _served(app: FastAPI) -> set[str]:
    """Every route of the application as the table names it; mounted folders are files."""
    return {
        f"{method} {context.path}"
        for context in iter_route_contexts(app.routes)
        for method in (context.methods or ())
        if method != "HEAD"
    }


@pytest.fixture(scope="module")
def knowledge() -> KnowledgeBase:
    return load_knowledge(ROOT / "knowledge")


@pytest_asyncio.fixture
async def app(settings: Settings, knowledge: KnowledgeBase) -> AsyncIterator[FastAPI]:
    """The whole application, with hashes that cost little and LINE, which is away."""
    files = write_line_files(settings.data)
    app = create_app(
        settings.model_copy(update=files), engine=ScriptedDialogueEngine(), knowledge=knowledge
    )
    database = app.state.database
    cheap = Passwords(time_cost=1, memory_kib=64, lanes=1)
    app.state.auth = AuthService(database, settings, passwords=cheap)
    app.state.stopping.set()  # Streams end at once.
    yield app
    await app.state.line.close()
    await database.close()


@pytest_asyncio.fixture
async def world(app: FastAPI) -> AsyncIterator[Any]:
    world = World(app)
    yield world
    await world.close()


async def _ask(
    world: Any, route: str, row: dict[str, Any], visitor: Any, **more: Any
) -> httpx.Response:
    """Make what the row is about and send its request."""
    method, pattern = route.split(" ", 1)
    chosen = {name: name.removesuffix("_id") for name in PARAMETER.findall(pattern)}
    chosen |= row.get("with", {})
    made = {name: await world.make(thing, visitor) for name, thing in chosen.items()}
    path = PARAMETER.sub(lambda match: made[match.group(1)], pattern)
    filled = {**row}
    for part in ("form", "json", "query"):
        if part in row:
            filled[part] = await _fill(world, row[part], visitor)
    response: httpx.Response = await visitor.send(method, path, filled, **more)
    return response


async def _fill(world: Any, given: Any, visitor: Any) -> Any:
    """The same with things' ids in place of words in braces."""
    if isinstance(given, dict):
        return {key: await _fill(world, value, visitor) for key, value in given.items()}
    if isinstance(given, str) and (found := PARAMETER.match(given)):
        return await world.make(found.group(1), visitor) + given[found.end() :]
    return given


def _answer(response: httpx.Response) -> int | str:
    to_login = response.headers.get("location", "").startswith("/console/login")
    is_logout = "done=logged_out" in response.headers.get("location", "")
    return LOGIN if to_login and not is_logout else response.status_code


class TestTable:
    def test_every_route_has_an_entry(self, app: FastAPI) -> None:
        missing = _served(app) - TABLE.keys()

        assert not missing, f"say in {FOLDER.name}/*.yml who may do this"

    def test_every_entry_has_a_route(self, app: FastAPI) -> None:
        assert not TABLE.keys() - _served(app)

    @pytest.mark.parametrize(("route", "row"), ROWS)
    def test_every_entry_names_every_visitor(self, route: str, row: dict[str, Any]) -> None:
        known = {"with", "form", "json", "query", "headers", "expect", "token", "site"}

        assert row.keys() <= known
        assert _expected(row)

    @pytest.mark.parametrize(("route", "row"), ROWS)
    def test_nobody_gets_in_without_a_session_unless_it_is_for_everybody(
        self, route: str, row: dict[str, Any]
    ) -> None:
        anonymous = _expected(row)["anonymous"]
        is_public = set(_expected(row).values()) == {anonymous}

        is_staffs = "/console" in route or "/api/" in route
        is_account = route in {"GET /console/login"} or "/api/chat/" in route
        if is_staffs and not is_account and not is_public:
            assert anonymous in {LOGIN, 401}


@pytest.mark.parametrize(("route", "row"), ROWS)
async def test_each_visitor_gets_their_answer(world: Any, route: str, row: dict[str, Any]) -> None:
    answers: dict[str, int | str] = {}
    for name in VISITORS:
        visitor = await world.visitor(name)

        answers[name] = _answer(await _ask(world, route, row, visitor))

    assert answers == _expected(row)


CHANGES = [
    param
    for param in ROWS
    if not str(param.values[0]).startswith("GET ") and param.values[1].get("site") != "any"
]
PRIVATE = [param for param in ROWS if re.search(r" /(console|api)\b", str(param.values[0]))]


@pytest.mark.parametrize(("route", "row"), CHANGES)
async def test_a_change_wants_the_sessions_token_and_our_own_site(
    world: Any, route: str, row: dict[str, Any]
) -> None:
    visitor = await world.visitor("admin")

    elsewhere = await _ask(world, route, row, visitor, site="cross-site")
    without = await _ask(world, route, row, visitor, with_token=False)

    assert elsewhere.status_code == 403
    if row.get("token") != "none":
        assert without.status_code == 403


@pytest.mark.parametrize(("route", "row"), PRIVATE)
async def test_what_staff_see_is_kept_nowhere(world: Any, route: str, row: dict[str, Any]) -> None:
    visitor = await world.visitor("admin")

    answer = await _ask(world, route, row, visitor)

    assert answer.headers["cache-control"] == "no-store"
