"""Every state in which an owner can meet the chat, by name."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, Route, expect
from sqlalchemy import select

from desk.cases.models import Case
from desk.vault.service import open_database
from tests.browser.live_desk import console_page
from tests.browser.view.conftest import AdvisedDesk, Owner

SEND = "**/api/chat/conversations/*/messages"


def empty(owner: Owner) -> None:
    """Just opened."""
    owner.open()


def unanswered(_: Route) -> None:
    """Leave a request as it is."""


def typing(owner: Owner) -> None:
    """The answer is being made."""
    owner.open()
    owner.page.route(SEND, unanswered)
    owner.field.fill("人手が足りません")
    owner.page.locator("#chat-send").click()
    expect(owner.page.locator("#chat-typing")).to_have_text("回答を作成しています")


def question(owner: Owner) -> None:
    """A question with buttons waits."""
    owner.begin().say("燕市。25人")


def cards(owner: Owner) -> None:
    """Diagnosis and recommendations."""
    owner.advised()
    owner.page.locator("details summary").first.click()


def program(owner: Owner) -> None:
    """A program in detail."""
    owner.advised()
    owner.page.locator("li.program button").first.click()
    expect(owner.page.locator("[data-card=program]")).to_be_visible()


def receipt(owner: Owner) -> None:
    """The case is sent."""
    owner.received()


def error(owner: Owner) -> None:
    """A message was refused for good: the server does not know this button."""
    owner.begin()
    button = owner.question.locator("button").first
    question_of = "JSON.stringify({client_message_id: crypto.randomUUID(), payload: '/nothing'})"
    owner.page.route(
        SEND,
        lambda route: (
            route.continue_(post_data=owner.page.evaluate(question_of))
            if route.request.method == "POST"
            else route.continue_()
        ),
    )
    button.click()
    expect(owner.page.locator("li[data-state=failed]")).to_be_visible()


def offline(owner: Owner) -> None:
    """The network is gone while a message waits."""
    owner.open()
    owner.page.context.set_offline(offline=True)
    owner.field.fill("人手が足りません")
    owner.page.locator("#chat-send").click()
    expect(owner.page.locator(".delivery-problem")).to_be_visible()


def person(owner: Owner) -> None:
    """A member of staff holds the conversation and has answered."""
    owner.received()
    joined(owner)


def joined(owner: Owner) -> None:
    """A member of staff takes the conversation of a case that is sent, and says something."""
    with staff_of(owner) as staff:
        staff.locator("#take").click()
        expect(staff.locator("#talk-holder")).to_have_text("あなたが応対しています")
        staff.locator("#reply").fill("担当の者です。お話を伺います。")
        staff.locator("#reply").press("Enter")
        expect(owner.page.locator("li[data-author=staff]")).to_be_visible()


@contextmanager
def staff_of(owner: Owner) -> Iterator[Page]:
    """The console's page on the owner's conversation, which was handed over."""
    desk = owner.desk
    token = desk.live.session_of("hanako", hub="tsubame")
    browser = owner.page.context.browser
    assert browser is not None
    path = f"/console/cases/{newest_case(desk)}/talk"
    with console_page(browser, desk.live, token, path) as page:
        yield page


def newest_case(desk: AdvisedDesk) -> str:
    """Id of the case that was opened last."""

    async def read() -> str:
        database = open_database(desk.live.settings)
        async with database.read() as tx:
            query = select(Case.id).order_by(Case.id.desc()).limit(1)
            found = (await tx.scalars(query)).one()
        await database.close()
        return str(found)

    return desk.live.arrange(read())


def dialog(owner: Owner) -> None:
    """Asked whether to erase."""
    owner.begin()
    owner.page.locator("#erase").click()
    expect(owner.page.locator("#erase-dialog")).to_be_visible()


def erased(owner: Owner) -> None:
    """Erased."""
    dialog(owner)
    owner.page.locator("#erase-confirm").click()
    expect(owner.page.locator("#chat-start-new")).to_be_visible()


STATES: dict[str, Callable[[Owner], None]] = {
    each.__name__: each
    for each in (
        empty, typing, question, cards, program, receipt, error, offline, person, dialog, erased,
    )
}  # fmt: skip
MAY_LOG = {"error", "offline", "typing"}
"""States in which the browser itself writes of failed requests to the console."""
