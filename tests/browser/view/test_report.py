"""The report on paper: A4, nothing cut in two, the same words as the chat, no way to a contact."""

import pypdfium2
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import screenshot
from tests.browser.view.conftest import Owner

pytestmark = pytest.mark.browser
A4_POINTS = (595, 842)
MOST_PAGES = 3


def opened(owner: Owner) -> Page:
    """The report in its own window."""
    with owner.page.context.expect_page() as window:
        owner.page.locator("#report").click()
    report = window.value
    expect(report.locator("h1")).to_have_text("相談のまとめ")
    return report


def pages_of(pdf: bytes) -> list[str]:
    """The text of each page, without white space."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        for page in document:
            assert tuple(round(side) for side in page.get_size()) == A4_POINTS
        return ["".join(page.get_textpage().get_text_range().split()) for page in document]
    finally:
        document.close()


@pytest.fixture
def report(owner: Owner) -> Page:
    owner.received()
    return opened(owner)


def bare(text: str) -> str:
    return "".join(text.split())


def test_report_is_a_few_pages_of_a4_with_numbers(report: Page) -> None:
    pages = pages_of(report.pdf(prefer_css_page_size=True, print_background=True))

    assert 1 <= len(pages) <= MOST_PAGES
    for number, page in enumerate(pages, start=1):
        assert f"{number}/{len(pages)}" in page
        assert len(page) > 100, "a page with next to nothing"


SPACE = """(height) => {
    let node = document.querySelector('#space');
    if (!node) {
        node = document.createElement('div');
        node.id = 'space';
        document.querySelector('h1').before(node);
    }
    node.style.height = `${height}px`;
}"""


def test_no_card_and_no_row_is_cut_in_two_wherever_the_page_ends(report: Page) -> None:
    blocks = [
        [bare(part)[:12] for part in block.locator("h3, p, dt, dd, th, td").all_inner_texts()]
        for block in report.locator("section, tbody tr, .receipt").all()
    ]
    for height in range(0, 900, 130):
        report.evaluate(SPACE, height)
        pages = pages_of(report.pdf(prefer_css_page_size=True))
        for parts in blocks:
            words = [part for part in parts if len(part) >= 4]
            homes = [{n for n, page in enumerate(pages) if word in page} for word in words]
            assert all(homes), f"not on paper: {words}"
            assert set.intersection(*homes), f"cut in two: {words}, {height} px"


def test_report_says_what_the_chat_says_and_no_contact(owner: Owner) -> None:
    number = owner.received()
    chat = owner.page
    titles = chat.locator("[data-card=recommendations] h4").all_inner_texts()
    levels = chat.locator("[data-card=diagnosis] tbody tr").evaluate_all(
        "rows => rows.map((row) => row.dataset.level)"
    )
    report = opened(owner)
    text = report.locator("main").inner_text()

    assert number in text
    assert "2026年11月27日まで" in text
    for title in titles[-3:]:
        assert title in text
    assert report.locator("td:nth-child(2)", has_text="まだ伺っていません").count() == (
        levels[-8:].count("unasked")
    )
    assert report.locator("section .source").count() == 3
    assert "若い子が続かなくて" in text
    for private in ("taro@example.jp", "山田太郎"):
        assert private not in text


@pytest.mark.criteria("1.4.10")
def test_report_reads_on_a_phone(report: Page) -> None:
    report.set_viewport_size({"width": 320, "height": 640})
    assert report.evaluate("document.documentElement.scrollWidth") <= 320

    report.set_viewport_size({"width": 794, "height": 1123})
    screenshot(report, "chat-report")
