"""Small screens, large text, spaced text, targets, the on-screen keyboard, forced colours."""

import base64
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.view.conftest import AdvisedDesk, Owner
from tests.browser.view.states import STATES

pytestmark = pytest.mark.browser
SPILLED = """() => [...document.querySelectorAll('#app *')].filter((node) => {
    const style = getComputedStyle(node);
    if (style.clipPath !== 'none' || style.visibility === 'hidden') return false;
    if (node.closest('.visually-hidden, .continued > .meta, dialog:not([open])')) return false;
    const box = node.getBoundingClientRect();
    return box.width > 0 && (box.right > innerWidth + 1 || box.left < -1);
}).map((node) => `${node.tagName}.${node.className}#${node.id}`)"""
CUT = """() => [...document.querySelectorAll('button, p, h1, h3, h4, td, th, dd, dt, .bubble, .tag')]
    .filter((node) => {
        const style = getComputedStyle(node);
        if (node.closest('.visually-hidden, .continued > .meta, dialog:not([open])')) return false;
        if (style.clipPath !== 'none' || node.offsetParent === null) return false;
        return node.scrollWidth > node.clientWidth + 1 && style.display !== 'inline'
            && style.overflowX !== 'visible';
    }).map((node) => node.textContent)"""
TARGETS = """() => [...document.querySelectorAll('#app button, #app a, #app summary, #app textarea')]
    .filter((node) => node.offsetParent !== null && !node.closest('dialog:not([open])'))
    .map((node) => {
        const box = node.getBoundingClientRect();
        return {name: node.id || node.textContent.trim().slice(0, 24), isLink: node.tagName === 'A',
                width: Math.round(box.width), height: Math.round(box.height)};
    })"""
SPACING = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
        word-spacing: 0.16em !important; } p { margin-bottom: 2em !important; }`);
    document.adoptedStyleSheets = [sheet];
}"""
CONTRAST = """async (data) => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    const {data: pixels} = context.getImageData(0, 0, image.width, image.height);
    const part = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    const lights = [];
    for (let i = 0; i < pixels.length; i += 4) {
        lights.push(0.2126 * part(pixels[i]) + 0.7152 * part(pixels[i + 1])
            + 0.0722 * part(pixels[i + 2]));
    }
    return (Math.max(...lights.slice(0, 60000)) + 0.05) / (Math.min(...lights.slice(0, 60000)) + 0.05);
}"""
STILL = [name for name in STATES if name not in {"offline", "typing", "dialog"}]


def sideways(page: Page) -> list[str]:
    """What reaches beyond the sides of the window."""
    found: list[str] = page.evaluate(SPILLED)
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    return [*found, *(["the page scrolls sideways"] if wide else [])]


@pytest.fixture
def quiet(context_of: Any, advised: AdvisedDesk) -> Owner:
    page = context_of(viewport={"width": 390, "height": 844}).new_page()
    page.set_default_timeout(20_000)
    return Owner(page, advised)


@pytest.mark.criteria("1.4.4", "1.4.10", "1.4.12", "2.5.8")
@pytest.mark.parametrize("state", STILL)
def test_state_fits_small_windows_large_and_spaced_text_and_fingers(
    quiet: Owner, state: str
) -> None:
    STATES[state](quiet)
    page = quiet.page

    small = [t for t in page.evaluate(TARGETS) if min(t["width"], t["height"]) < 24]
    assert small == [], "WCAG 2.5.8"
    assert [
        t for t in page.evaluate(TARGETS) if not t["isLink"] and min(t["width"], t["height"]) < 44
    ] == [], "our own wish"

    page.set_viewport_size({"width": 320, "height": 640})
    assert sideways(page) == [], "320 px"
    page.set_viewport_size({"width": 320, "height": 256})
    assert sideways(page) == [], "1280 px at 400 %"
    if quiet.field.is_visible():
        assert page.locator("#chat-scroll").evaluate("node => node.clientHeight") >= 64
        expect(quiet.field).to_be_in_viewport(ratio=1)

    page.set_viewport_size({"width": 640, "height": 800})
    page.evaluate("() => { document.documentElement.style.fontSize = '200%'; }")
    assert sideways(page) == [], "text of 200 %"
    assert page.evaluate(CUT) == [], "text of 200 %"
    if quiet.field.is_visible():
        expect(page.locator("#talk-to-human")).to_be_in_viewport(ratio=1)
        assert page.locator("#chat-scroll").evaluate("node => node.clientHeight") >= 200

    page.evaluate("() => { document.documentElement.style.fontSize = ''; }")
    page.set_viewport_size({"width": 390, "height": 844})
    page.evaluate(SPACING)
    assert sideways(page) == [], "spaced text"
    assert page.evaluate(CUT) == [], "spaced text"


@pytest.mark.criteria("1.4.4")
def test_text_follows_the_size_that_is_set_in_the_browser(quiet: Owner) -> None:
    page = quiet.begin().page
    sizes = "nodes => nodes.map((node) => parseFloat(getComputedStyle(node).fontSize))"
    texts = page.locator(".bubble, .choice, #chat-input, .meta, h1, #talk-to-human, .hint")
    before = texts.evaluate_all(sizes)

    page.evaluate("() => { document.documentElement.style.fontSize = '200%'; }")

    assert texts.evaluate_all(sizes) == [2 * size for size in before]


class TestOnScreenKeyboard:
    def test_window_that_shrinks_keeps_field_and_last_words_in_sight(self, quiet: Owner) -> None:
        """Android: the page is resized for the keyboard."""
        page = quiet.begin().page
        quiet.field.focus()

        page.set_viewport_size({"width": 390, "height": 420})

        expect(quiet.field).to_be_in_viewport(ratio=1)
        expect(page.locator("#chat-send")).to_be_in_viewport(ratio=1)
        expect(quiet.question.locator("button").last).to_be_in_viewport()

    def test_visual_viewport_that_shrinks_and_moves_takes_the_chat_along(
        self, quiet: Owner
    ) -> None:
        """iOS: the page keeps its size, and its visible part gets smaller and moves."""
        page = quiet.begin().page
        quiet.field.focus()

        page.evaluate(
            """() => {
                Object.defineProperty(visualViewport, 'height', {value: 420});
                Object.defineProperty(visualViewport, 'offsetTop', {value: 60});
                visualViewport.dispatchEvent(new Event('resize'));
                visualViewport.dispatchEvent(new Event('scroll'));
            }"""
        )

        box = page.locator("#app").bounding_box()
        assert box is not None
        assert (round(box["y"]), round(box["height"])) == (60, 420)


@pytest.mark.criteria("1.4.1", "1.4.11")
class TestForcedColours:
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_what_is_painted_can_be_read(self, quiet: Owner, context_of: Any, scheme: Any) -> None:
        quiet.advised()
        quiet.page.emulate_media(forced_colors="active", color_scheme=scheme)
        measuring = context_of().new_page()
        shown = {
            name: quiet.page.locator(name)
            for name in (
                "#chat-send",
                "#talk-to-human",
                ".choice-chosen",
                ".radar-number.radar-weak",
            )
        }
        shown["open choice"] = quiet.question.locator("button").first

        for name, node in shown.items():
            assert painted_contrast(measuring, node.first) >= 4.5, name

    def test_levels_and_the_chosen_answer_do_not_hang_on_colour(self, quiet: Owner) -> None:
        page = quiet.advised().page

        chosen = page.locator(".choice-chosen").first
        assert "選択済み" in chosen.inner_text()
        rows = page.locator("[data-card=diagnosis]").last.locator("tbody tr")
        for cell in rows.locator("td").all_inner_texts():
            assert cell.strip() != ""


def painted_contrast(measuring: Page, node: Locator) -> float:
    """The contrast between the lightest and the darkest point that is painted."""
    node.scroll_into_view_if_needed()
    picture = base64.b64encode(node.screenshot()).decode()
    found: float = measuring.evaluate(CONTRAST, picture)
    return found


@pytest.mark.criteria("2.3.1", "2.2.2")
def test_nothing_moves_where_motion_is_unwanted(context_of: Any, advised: AdvisedDesk) -> None:
    page = context_of(reduced_motion="reduce").new_page()
    Owner(page, advised).advised()

    assert page.evaluate("document.getAnimations().length") == 0
    moving = """() => [...document.querySelectorAll('#app, #app *')].filter((node) => {
        const style = getComputedStyle(node);
        return style.scrollBehavior === 'smooth' || parseFloat(style.transitionDuration) > 0
            || parseFloat(style.animationDuration) > 0;
    }).length"""
    assert page.evaluate(moving) == 0
