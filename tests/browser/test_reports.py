"""The console's reports in a real browser: they read well, fit a phone and print on A4."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect
from sqlalchemy import update

from advisor.knowledge import load_knowledge
from desk.auth.models import Role
from desk.cases.models import Case
from desk.cases.service import CaseDraft, CaseService
from desk.chat.models import Author, Conversation, Message
from desk.config import ROOT, SecondFactorRule
from desk.db import new_id
from desk.reports.wiring import build_reports
from desk.vault.service import open_database
from tests.browser.conftest import screenshot
from tests.browser.live_desk import LiveDesk, console_page, running_desk

pytestmark = pytest.mark.browser
CASES = 90
PLACES = (
    ("燕市", "新潟県", "tsubame"),
    ("松本市", "長野県", "matsumoto"),
    ("水戸市", "茨城県", "bureau"),
)
CONCERNS = ("hiring", "retention", "engagement", "succession", "core_talent", "diversity")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveDesk]:
    data = tmp_path_factory.mktemp("reports")
    with running_desk(data, require_totp=SecondFactorRule.NONE) as desk:
        desk.arrange(_fill(desk))
        yield desk


async def _fill(desk: LiveDesk) -> None:
    """Three weeks of talks, of which most become cases."""
    chance, kb = random.Random(1), load_knowledge(ROOT / "knowledge")
    database = open_database(desk.settings)
    build_reports(database, kb)
    cases = CaseService(database, today=desk.settings.today_jst, promise_business_days=3)
    programs = [p for p in kb.programs if kb.programs[p].needs.concerns]
    for at in range(CASES):
        began = datetime(2026, 11, 2, 0, tzinfo=UTC) + timedelta(
            days=chance.randint(0, 20), hours=chance.choice((0, 1, 1, 2, 5, 6, 11))
        )
        async with database.write() as tx:
            talk = Conversation(
                id=new_id(), token_hash=new_id().hex, created_at=began, expires_at=began
            )
            tx.add(talk)
            await tx.flush()
            for seq, card in enumerate((None, "diagnosis", "recommendations"), start=1):
                author = Author.BOT if card else Author.USER
                tx.add(
                    Message(
                        conversation_id=talk.id, seq=seq, author=author, text="", card_kind=card
                    )
                )
        if at % 4 == 0:
            continue
        municipality, prefecture, hub = chance.choice(PLACES)
        facts = {
            "municipality": municipality,
            "prefecture": prefecture,
            "industry": chance.choice("EEEDDIMH"),
            "employees": chance.choice((4, 12, 30, 30, 80)),
        }
        snapshot = {
            "situation": {
                "facts": facts,
                "concerns": [{"concern": chance.choice(CONCERNS), "quote": ""}],
            },
            "diagnosis": {
                "dimensions": {d: {"level": chance.randint(0, 4)} for d in ("P1", "F1", "F4")}
            },
            "recommendations": {
                "items": [
                    {"program_id": chance.choice(programs), "status": s, "unknown": []}
                    for s in chance.sample(("open", "ended", "unverified"), 2)
                ]
            },
        }
        await cases.open_case(
            CaseDraft(
                conversation_id=talk.id,
                handoff_number=1,
                turn_id=f"turn-{at}",
                hub_id=hub,
                prefix=hub[:3].upper(),
                headline="求人を出しても応募がない",
                snapshot=snapshot,
                consent={"share_info": True, "hubs": [hub]},
            )
        )
        answered = began + timedelta(hours=chance.choice((1, 3, 24, 50)))
        values = {"created_at": began, "answered_at": answered if at % 3 else None}
        async with database.write() as tx:
            await tx.execute(update(Case).where(Case.conversation_id == talk.id).values(**values))
    await database.close()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("colours", ["none", "active"])
def test_the_page_is_accessible_and_fits(
    browser: Browser, desk: LiveDesk, width: int, colours: str
) -> None:
    token = desk.session_of("bureau", Role.BUREAU, "")
    with console_page(browser, desk, token, "/console/reports") as page:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(forced_colors=colours)

        found = Axe().run(page)

        assert found.violations_count == 0, found.generate_report()
        overflow = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not overflow
        name = "forced" if colours == "active" else str(width)
        if (width, colours) != (1280, "active"):
            screenshot(page, f"console-reports-{name}")


def test_a_number_leads_to_its_cases_and_back(browser: Browser, desk: LiveDesk) -> None:
    token = desk.session_of("bureau", Role.BUREAU, "")
    with console_page(browser, desk, token, "/console/reports") as page:
        row = page.locator("#table-backlog tbody tr").nth(3)
        link = row.locator("a").first
        count = int(link.inner_text().split("の")[0])
        link.click()

        expect(page.locator("#report-cases tbody tr")).to_have_count(count)
        page.get_by_role("link", name="報告へもどる").click()
        expect(page.get_by_role("heading", name="報告", exact=True)).to_be_visible()


def test_it_prints_on_a4_without_its_form(browser: Browser, desk: LiveDesk) -> None:
    token = desk.session_of("bureau", Role.BUREAU, "")
    with console_page(browser, desk, token, "/console/reports") as page:
        page.emulate_media(media="print")

        expect(page.locator(".report-form")).to_be_hidden()
        page.set_viewport_size({"width": 680, "height": 960})
        wide = page.evaluate("""() => [...document.querySelectorAll('.report table, .chart')]
            .filter((it) => it.getBoundingClientRect().right > innerWidth).map((it) => it.id)""")
        assert wide == []
        assert page.pdf(format="A4")[:5] == b"%PDF-"
