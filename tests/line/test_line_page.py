"""The page 「LINE」 of the console, and what cases and talks say of owners who write there."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
import yaml

from desk.app import create_app
from desk.auth.dependencies import COOKIE, COOKIE_PATH
from desk.auth.models import Role
from desk.auth.passwords import Passwords
from desk.auth.service import AuthService
from desk.console.labels import labels
from desk.line.accounts import Confidential
from desk.line.findings import Finding
from desk.line.inspection import Access
from desk.line.models import SendReason, SendState
from tests.desk.console.conftest import HOST, PASSWORD, Browser
from tests.line.conftest import ACCOUNT, LineDesk
from tests.line.fake.faults import Fault
from tests.line.steps import open_case
from tests.line.test_staff import over_quota, uncertain

PAGE = "/console/line"
SignIn = Callable[..., Awaitable[Browser]]


@pytest_asyncio.fixture
async def sign_in(desk: LineDesk) -> AsyncIterator[SignIn]:
    """Makes an account and gives a browser in which it is logged in."""
    opened: list[Browser] = []
    state = desk.app.state
    cheap = Passwords(time_cost=1, memory_kib=64, lanes=1)
    auth = state.auth = AuthService(state.database, state.settings, passwords=cheap)

    async def sign_in(role: Role = Role.BUREAU, hub: str | None = None) -> Browser:
        login = f"{role}-{hub}-{len(opened)}"
        await auth.create_user(login, "名前", role, hub, PASSWORD)
        user = await auth.get_user_by_login(login)
        browser = Browser(desk.app)
        opened.append(browser)
        token = await auth.start_session(user.id)
        browser.client.cookies.set(COOKIE, token, domain=HOST, path=COOKIE_PATH)
        return browser

    yield sign_in
    for browser in opened:
        await browser.client.aclose()


@pytest.fixture
async def desk(desk: LineDesk) -> LineDesk:
    """With the greeting over."""
    await desk.say("こんにちは")
    return desk


class TestWords:
    @pytest.mark.parametrize(
        ("group", "kinds"),
        [
            ("line_modes", Confidential),
            ("line_access", Access),
            ("line_findings", Finding),
            ("line_states", SendState),
            ("line_reasons", SendReason),
        ],
    )
    def test_there_is_a_word_for_each(self, group: str, kinds: type):
        assert set(labels()[group]) == {kind.value for kind in kinds}


class TestPage:
    async def test_anonymous_is_sent_to_the_login(self, desk: LineDesk):
        browser = Browser(desk.app)

        answer = await browser.get(PAGE)

        assert answer.status_code == 303
        await browser.client.aclose()

    async def test_shows_account_quota_and_forecast(self, desk: LineDesk, sign_in: SignIn):
        desk.account.quota, desk.account.used = 1200, 1100
        browser = await sign_in()

        page = (await browser.get(PAGE)).text

        assert "人の確認が要るものはありません" in page
        assert "1,100 / 1,200（残り100）" in page
        assert "つながっています" in page
        assert f"https://desk.example/line/webhook/{ACCOUNT}" in page
        assert '<tr data-state="sent"><th scope="row">届いた</th>' in page
        assert f'<a href="{PAGE}" aria-current="page">LINE</a>' in page

    async def test_opens_while_line_is_away_and_says_so(self, desk: LineDesk, sign_in: SignIn):
        desk.account.fail(Fault.RESET_BEFORE, times=None)
        browser = await sign_in()

        answer = await browser.get(PAGE)

        assert answer.status_code == 200
        assert 'data-finding="away"' in answer.text
        assert "LINEに確かめられませんでした" in answer.text

    async def test_leads_see_their_hubs_accounts_and_staff_none(
        self, desk: LineDesk, sign_in: SignIn
    ):
        lead, staff = await sign_in(Role.LEAD, "matsumoto"), await sign_in(Role.STAFF, "matsumoto")
        await uncertain(desk)

        page = await lead.get(PAGE)

        assert "data-send-id" not in page.text
        assert f"account-{ACCOUNT}" not in page.text
        assert (await staff.get(PAGE)).status_code == 403
        for browser in (lead, staff):
            assert f'href="{PAGE}"' not in (await browser.get("/console")).text

    async def test_what_needs_a_person_shows_why_and_which_case_and_no_words(
        self, desk: LineDesk, sign_in: SignIn
    ):
        case_id = await open_case(desk)
        send = await uncertain(desk)
        browser = await sign_in()

        page = (await browser.get(PAGE)).text

        assert f'data-send-id="{send.id}" data-state="uncertain"' in page
        assert f'href="/console/cases/{case_id}#transcript"' in page
        assert "自動では送り直しません" in page
        assert "echo:" not in page

    async def test_is_settled_once(self, desk: LineDesk, sign_in: SignIn):
        send = await uncertain(desk)
        browser = await sign_in()

        first = await browser.post(f"{PAGE}/sends/{send.id}/settle")
        second = await browser.post(f"{PAGE}/sends/{send.id}/settle")

        assert first.headers["location"] == f"{PAGE}?done=line_settled"
        assert "確認したことを記録しました" in (await browser.get(first.headers["location"])).text
        assert second.status_code == 409
        assert "もう済んでいます" in second.text

    async def test_is_sent_again_once(self, desk: LineDesk, sign_in: SignIn):
        send = await over_quota(desk)
        browser = await sign_in()

        first = await browser.post(f"{PAGE}/sends/{send.id}/again")
        second = await browser.post(f"{PAGE}/sends/{send.id}/again")
        await desk.settle()

        assert first.headers["location"] == f"{PAGE}?done=line_repeated"
        assert second.status_code == 409
        assert "\n".join(desk.user.texts).count("回答があります") == 1

    async def test_what_may_have_arrived_wants_a_tick(self, desk: LineDesk, sign_in: SignIn):
        send = await uncertain(desk)
        browser = await sign_in()
        again = f"{PAGE}/sends/{send.id}/again"

        page = (await browser.get(PAGE)).text
        without = await browser.post(again)
        ticked = await browser.post(again, lost="true")

        assert 'name="lost" value="true" required' in page
        assert (without.status_code, ticked.status_code) == (409, 303)

    async def test_a_block_takes_the_button_away(self, desk: LineDesk, sign_in: SignIn):
        send = await over_quota(desk)
        await desk.user.unfollows()
        await desk.settle()
        browser = await sign_in()

        page = (await browser.get(PAGE)).text

        assert f"{PAGE}/sends/{send.id}/settle" in page
        assert f"{PAGE}/sends/{send.id}/again" not in page

    async def test_auditors_only_look(self, desk: LineDesk, sign_in: SignIn):
        send = await uncertain(desk)
        browser = await sign_in(Role.AUDITOR)

        page = await browser.get(PAGE)

        assert f'data-send-id="{send.id}"' in page.text
        assert "<form" not in page.text.split('id="main"')[1]
        assert (await browser.post(f"{PAGE}/sends/{send.id}/settle")).status_code == 403


class TestOneHub:
    @pytest.fixture
    def line_entry(self) -> dict[str, object]:
        return {"site": "shinshu"}

    @pytest.fixture
    def settings(self, settings, tmp_path):
        path = tmp_path / "sites.yml"
        path.write_text(yaml.safe_dump({"sites": {"shinshu": {"hub": "matsumoto"}}}))
        return settings.model_copy(update={"sites_file": path})

    async def test_its_lead_settles_and_another_hubs_does_not(
        self, desk: LineDesk, sign_in: SignIn
    ):
        send = await uncertain(desk)
        own, other = await sign_in(Role.LEAD, "matsumoto"), await sign_in(Role.LEAD, "nagaoka")

        page = await own.get(PAGE)

        assert f"account-{ACCOUNT}" in page.text
        assert f'href="{PAGE}"' in (await own.get("/console")).text
        assert str(send.id) not in (await other.get(PAGE)).text
        assert (await other.post(f"{PAGE}/sends/{send.id}/settle")).status_code == 404
        assert (await own.post(f"{PAGE}/sends/{send.id}/settle")).status_code == 303

    async def test_a_case_of_another_hub_is_not_named(self, desk: LineDesk, sign_in: SignIn):
        case_id = await open_case(desk, "nagaoka")
        await uncertain(desk)
        lead = await sign_in(Role.LEAD, "matsumoto")

        page = (await lead.get(PAGE)).text

        assert str(case_id) not in page
        assert "相談票はありません" in page


class TestCase:
    async def test_case_and_talk_say_what_a_reply_does(self, desk: LineDesk, sign_in: SignIn):
        case_id = await open_case(desk)
        desk.account.used = 188
        browser = await sign_in(Role.STAFF, "matsumoto")

        case = (await browser.get(f"/console/cases/{case_id}")).text
        talk = (await browser.get(f"/console/cases/{case_id}/talk")).text

        assert 'id="case-line">LINE（' in case
        for page in (case, talk):
            assert "「回答があります」とリンクが届き" in page
            assert "残り12" in page
        assert 'aria-describedby="line-reply reply-hint' in talk

    async def test_they_say_what_did_not_surely_arrive(self, desk: LineDesk, sign_in: SignIn):
        case_id = await open_case(desk)
        await uncertain(desk)
        staff, bureau = await sign_in(Role.STAFF, "matsumoto"), await sign_in()

        assert "1件あります。責任者か" in (await staff.get(f"/console/cases/{case_id}")).text
        assert (
            f'1件あります。<a href="{PAGE}">'
            in (await bureau.get(f"/console/cases/{case_id}")).text
        )

    async def test_a_block_is_told_before_the_reply_is_written(
        self, desk: LineDesk, sign_in: SignIn
    ):
        case_id = await open_case(desk)
        await desk.user.unfollows()
        await desk.settle()
        browser = await sign_in(Role.STAFF, "matsumoto")

        talk = (await browser.get(f"/console/cases/{case_id}/talk")).text

        assert 'data-way="blocked"' in talk
        assert "電話やメールで連絡してください" in talk


async def test_without_line_there_is_no_page_and_no_link(settings, engine, knowledge):
    app = create_app(settings, engine=engine, knowledge=knowledge)
    auth = app.state.auth
    await auth.create_user("bureau", "名前", Role.BUREAU, None, PASSWORD)
    token = await auth.start_session((await auth.get_user_by_login("bureau")).id)
    browser = Browser(app)
    browser.client.cookies.set(COOKIE, token, domain=HOST, path=COOKIE_PATH)

    page = await browser.get(PAGE)

    assert page.status_code == 404
    assert "LINEは使われていません" in page.text
    assert f'href="{PAGE}"' not in (await browser.get("/console")).text
    await browser.client.aclose()
    await app.state.line.close()
    await app.state.database.close()
