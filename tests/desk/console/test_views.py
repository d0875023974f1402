"""Views of the queue: what they narrow down to, their order, their names, the last one."""

import re
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select, update

from desk.auth.models import Role
from desk.auth.service import AuthService
from desk.cases.models import Case, CaseLabel, CaseStatus
from desk.cases.service import CaseService
from desk.chat import repository as chat
from desk.chat.models import Author, Conversation, Message
from desk.console.models import SavedView
from desk.console.views import MOST_VIEWS
from desk.console.wanted import BUILT_IN, Wanted, wanted_of
from desk.db import Database, new_id, now

pytestmark = pytest.mark.asyncio
NUMBER = re.compile(r'data-case-number="([A-Z]+)-')


def shown(page: Any) -> list[str]:
    """The prefixes of the receipt numbers on a page, in order."""
    return NUMBER.findall(page.text)


async def set_case(database: Database, case_id: UUID, **values: Any) -> None:
    """Change a case's columns."""
    async with database.write() as tx:
        await tx.execute(update(Case).where(Case.id == case_id).values(**values))


@pytest.fixture
async def some(
    open_case: Any, database: Database, auth: AuthService, sign_in: Any
) -> dict[str, UUID]:
    """Cases that differ in one thing each."""
    await sign_in(login="hanako")
    hanako = await auth.get_user_by_login("hanako")
    ids = {
        prefix: await open_case(prefix=prefix, hub_id="nagaoka" if prefix == "NAG" else "matsumoto")
        for prefix in ("OLD", "MIN", "URG", "LAB", "CLO", "NAG")
    }
    await set_case(database, ids["OLD"], promised_on=date(2026, 11, 20))
    await set_case(database, ids["MIN"], assignee_id=hanako.id, status=CaseStatus.WORKING)
    await set_case(database, ids["URG"], priority=2)
    await set_case(database, ids["CLO"], status=CaseStatus.CLOSED, promised_on=date(2026, 11, 1))
    async with database.write() as tx:
        await tx.execute(insert(CaseLabel).values(case_id=ids["LAB"], label="製造"))
    return ids


class TestNarrowing:
    @pytest.mark.parametrize(
        ("query", "numbers"),
        [
            ("overdue=1", ["OLD"]),
            ("assignee=me", ["MIN"]),
            ("assignee=none&status=received", ["OLD", "URG", "LAB"]),
            ("priority=high", ["URG"]),
            ("label=製造", ["LAB"]),
            ("status=closed&status=working", ["CLO", "MIN"]),
            ("sort=newest", ["LAB", "URG", "MIN", "OLD"]),
            ("sort=priority", ["URG", "OLD", "MIN", "LAB"]),
            ("sort=waiting", ["OLD", "MIN", "URG", "LAB"]),
            ("hub=nagaoka", []),
            ("waiting=1", []),
        ],
    )
    async def test_an_address_says_what_is_shown(
        self, some: Any, sign_in: Any, query: str, numbers: list[str]
    ) -> None:
        browser = await sign_in(login="hanako")

        page = await browser.get(f"/console?{query}")

        assert shown(page) == numbers
        if numbers:
            assert f"全{len(numbers)}件" in page.text

    async def test_wide_roles_narrow_by_hub(self, some: Any, sign_in: Any) -> None:
        browser = await sign_in(role=Role.BUREAU, hub=None)

        assert shown(await browser.get("/console?hub=nagaoka")) == ["NAG"]
        assert 'name="hub"' in (await browser.get("/console")).text

    async def test_owners_who_wait_for_a_person(
        self,
        *,
        some: Any,
        sign_in: Any,
        app: Any,
        auth: AuthService,
        database: Database,
        cases: CaseService,
    ) -> None:
        browser = await sign_in(login="hanako")
        hanako = await auth.get_user_by_login("hanako")
        case = await cases.get_case(some["LAB"], None)
        async with database.write() as tx:
            talk = await tx.get_one(Conversation, case.conversation_id)
            talk.expires_at = now() + timedelta(days=1)
        await app.state.live.take(hanako, talk.id, version=0)
        async with database.write() as tx:
            talk = await tx.get_one(Conversation, case.conversation_id)
            said = Message(id=new_id(), author=Author.USER, text="まだ？")
            await chat.append(tx, talk, said)

        assert shown(await browser.get("/console?waiting=1")) == ["LAB"]

    async def test_pages_keep_the_narrowing(self, open_case: Any, sign_in: Any) -> None:
        browser = await sign_in()
        for _ in range(25):
            await open_case()

        first = await browser.get("/console?sort=newest&status=received")
        (following,) = re.findall(r'rel="next" href="([^"]+)"', first.text)
        second = await browser.get(following.replace("&amp;", "&"))

        assert len(shown(first)) == 20
        assert len(shown(second)) == 5
        assert "sort=newest" in following

    async def test_nonsense_is_refused(self, sign_in: Any) -> None:
        browser = await sign_in()

        for query in ("sort=x", "status=x", "assignee=x", "view=x"):
            assert (await browser.get(f"/console?{query}")).status_code in {404, 422}


class TestSaved:
    async def test_a_view_is_kept_named_opened_and_removed(self, some: Any, sign_in: Any) -> None:
        browser = await sign_in(login="hanako")

        saved = await browser.post("/console/views?sort=newest&assignee=none", name=" 新しい　順 ")
        page = await browser.get(saved.headers["location"])

        assert shown(page) == ["LAB", "URG", "OLD"]
        assert "新しい 順" in page.text
        (path,) = re.findall(r'action="(/console/views/[^"]+/remove)"', page.text)
        await browser.post(path)
        assert "新しい 順" not in (await browser.get("/console")).text

    async def test_the_same_name_is_written_over(
        self, some: Any, sign_in: Any, database: Database
    ) -> None:
        browser = await sign_in(login="hanako")

        for query in ("overdue=1", "priority=urgent"):
            await browser.post(f"/console/views?{query}", name="朝")

        async with database.read() as tx:
            (view,) = (await tx.scalars(select(SavedView))).all()
        assert view.wanted == {"priority": "urgent"}

    async def test_the_last_view_is_the_first_page_until_another_is_opened(
        self, some: Any, sign_in: Any
    ) -> None:
        browser = await sign_in(login="hanako")
        await browser.get("/console?view=mine")

        assert shown(await browser.get("/console")) == ["MIN"]
        await browser.get("/console?filter=closed")
        assert shown(await browser.get("/console")) == ["MIN"]
        await browser.get("/console?view=everything")
        assert shown(await browser.get("/console")) == ["OLD", "MIN", "URG", "LAB", "CLO"]

    async def test_another_persons_view_can_be_neither_opened_nor_removed(
        self, some: Any, sign_in: Any
    ) -> None:
        ours, theirs = await sign_in(login="hanako"), await sign_in(login="jiro")
        saved = await ours.post("/console/views?overdue=1", name="朝")
        address = saved.headers["location"].split("&")[0]
        view_id = address.split("=")[1]

        assert (await theirs.get(address)).status_code == 404
        assert (await theirs.post(f"/console/views/{view_id}/remove")).status_code == 404
        assert "朝" not in (await theirs.get("/console")).text
        assert (await ours.get(address)).status_code == 200

    async def test_a_name_is_needed_and_there_is_an_end_to_them(self, sign_in: Any) -> None:
        browser = await sign_in()

        assert (await browser.post("/console/views?overdue=1", name=" ")).status_code == 422
        assert (await browser.post("/console/views", name="あ" * 41)).status_code == 422
        for number in range(MOST_VIEWS):
            await browser.post("/console/views?overdue=1", name=f"見方{number}")
        assert (await browser.post("/console/views", name="もう一つ")).status_code == 422

    @pytest.mark.parametrize("role", list(Role))
    async def test_every_role_has_views_that_open(
        self, some: Any, sign_in: Any, role: Role
    ) -> None:
        hub = "matsumoto" if role in {Role.STAFF, Role.LEAD} else None
        browser = await sign_in(role=role, hub=hub)

        names = re.findall(r'data-view="([^"]+)"', (await browser.get("/console")).text)

        assert set(names) <= set(BUILT_IN)
        assert len(names) > 2
        for name in names:
            assert (await browser.get(f"/console?view={name}")).status_code == 200


class TestWanted:
    async def test_what_an_older_version_kept_is_read_or_is_nothing(self) -> None:
        assert wanted_of({"priority": "high", "gone": 1}) == Wanted(priority="high")
        assert wanted_of({"priority": "purple"}) == Wanted()

    async def test_it_comes_back_as_it_was_kept(self) -> None:
        wanted = Wanted(status=(CaseStatus.WORKING,), assignee=new_id(), label="製造", overdue=True)

        assert wanted_of(wanted.to_json()) == wanted
