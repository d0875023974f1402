"""The chat on other organisations' pages, also on those that interfere."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page, expect

from tests.browser.carry.host import Host, running_host
from tests.browser.live_desk import LiveDesk, running_desk

pytestmark = pytest.mark.browser
HOSTILE_SCRIPT = """<script>
  const refuse = () => { throw new Error('bent by the page'); };
  Array.prototype.toJSON = Object.prototype.toJSON = () => 'bent';
  Function.prototype.call = Function.prototype.apply = refuse;
  JSON.parse = JSON.stringify = refuse;
  window.Promise = window.fetch = window.XMLHttpRequest = refuse;
  EventTarget.prototype.addEventListener = () => {};
  window.postMessage = refuse;
  window.requestIdleCallback = undefined;
</script>"""
ODD_STYLE = """<style>
  html { transform: scale(0.2); filter: blur(9px); opacity: 0.01; }
  body, body *, html > * { all: unset !important; display: none !important; opacity: 0 !important;
    visibility: hidden !important; pointer-events: none !important; position: static !important;
    transform: scale(0.1) !important; z-index: -1 !important; font-size: 1px !important; }
  * { --c: red !important; --t: red !important; }
  html > .cover { display: block !important; visibility: visible !important; inset: 0 !important;
    position: fixed !important; z-index: 2147483647 !important; transform: none !important;
    pointer-events: auto !important; opacity: 1 !important; background: #ccc !important; }
  ::backdrop { display: block !important; background: red !important; }
</style>"""

OPEN_BEFORE_DRAWN = """async () => {
  const frame = document.querySelector('iframe');
  const { port1, port2 } = new MessageChannel();
  const ready = new Promise((resolve) => {
    port1.onmessage = ({ data }) => data.type === 'ready' && resolve();
  });
  frame.contentWindow.postMessage({ app: 'jinjibu', type: 'hello' }, '*', [port2]);
  await ready;
  port1.postMessage({ app: 'jinjibu', type: 'opened' });
  await new Promise((resolve) => setTimeout(resolve, 300));
  frame.hidden = false;
  frame.focus();
}"""


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with running_host() as host:
        yield host


@pytest.fixture(scope="module")
def stranger() -> Iterator[Host]:
    """A website that may not embed the chat."""
    with running_host() as host:
        yield host


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, host: Host) -> Iterator[LiveDesk]:
    folder: Path = tmp_path_factory.mktemp("embed")
    table = {
        "matsumoto": {
            "origins": [host.origin, host.near],
            "color": "#7a1f4b",
            "label": "松本で相談する",
            "greeting": "松本市のページからようこそ。",
            "hub": "matsumoto",
        }
    }
    sites = folder / "sites.yml"
    sites.write_text(json.dumps({"sites": table}), encoding="utf-8")  # JSON is YAML.
    expect.set_options(timeout=20_000)
    with running_desk(folder, sites_file=sites) as desk:
        yield desk
    expect.set_options(timeout=5_000)


def loader(desk: LiveDesk) -> str:
    return f'<script src="{desk.base}/embed/matsumoto.js" async></script>'


def panel(page: Page) -> FrameLocator:
    return page.frame_locator("iframe")


def launcher(page: Page, name: str = "松本で相談する") -> Any:
    return page.get_by_role("button", name=name)


def ask(page: Page, words: str) -> None:
    panel(page).locator("#chat-input").fill(words)
    panel(page).locator("#chat-send").click()
    expect(panel(page).locator("li.message[data-author=bot]", has_text=words)).to_be_visible()


class TestEmbedding:
    def test_a_question_is_answered_and_nobody_else_is_asked_for_anything(
        self, page: Page, desk: LiveDesk, host: Host
    ):
        requested: list[str] = []
        page.context.on("request", lambda request: requested.append(request.url))
        page.goto(host.page("plain", body=loader(desk)))
        expect(launcher(page)).to_be_visible()
        assert page.locator("iframe").count() == 0
        assert requested == [f"{host.origin}/plain", f"{desk.base}/embed/matsumoto.js"]

        launcher(page).click()
        ask(page, "応募がない")

        assert {url.split("/")[2] for url in requested} == {
            host.origin.split("/")[2],
            desk.base.split("/")[2],
        }
        assert page.context.cookies() == []
        assert page.evaluate("Object.keys(localStorage).length + document.cookie.length") == 0

    def test_the_site_has_its_colours_and_its_greeting(
        self, page: Page, desk: LiveDesk, host: Host
    ):
        page.goto(host.page("colours", body=loader(desk)))
        expect(launcher(page)).to_have_css("background-color", "rgb(122, 31, 75)")
        expect(launcher(page)).to_have_css("color", "rgb(255, 255, 255)")

        launcher(page).click()

        first = panel(page).locator("#chat-messages > li").first
        expect(first).to_contain_text("松本市のページからようこそ。")
        expect(panel(page).locator("#chat-send")).to_have_css(
            "background-color", "rgb(122, 31, 75)"
        )

    def test_where_the_browser_refuses_frames_a_storage_the_owner_is_told(
        self, page: Page, desk: LiveDesk, host: Host
    ):
        page.goto(host.page("refused", body=loader(desk)))
        launcher(page).click()
        ask(page, "応募がない")

        expect(panel(page).locator("[data-notice=memory_only]")).to_be_visible()

    def test_what_arrives_while_it_is_closed_is_counted(
        self, page: Page, desk: LiveDesk, host: Host
    ):
        page.goto(host.page("unread", body=loader(desk), near=True))
        launcher(page).click()
        ask(page, "応募がない")
        frame = next(frame for frame in page.frames if "/chat" in frame.url)
        saved = json.loads(frame.evaluate("localStorage['jinjibu.chat.v1:matsumoto']"))
        assert set(saved) == {"id", "token"}
        launcher(page, "相談を閉じる").click()

        httpx.post(
            f"{desk.base}/api/chat/conversations/{saved['id']}/messages",
            json={"client_message_id": str(uuid4()), "text": "電話から書いた"},
            headers={"Authorization": f"Bearer {saved['token']}"},
        )

        expect(page.locator(".count")).to_have_text("1")
        launcher(page, "松本で相談する（未読1件）").click()
        expect(page.locator(".count")).to_be_hidden()
        expect(panel(page).locator("li.message", has_text="電話から書いた")).to_have_count(2)

    def test_the_page_can_open_close_and_listen(self, page: Page, desk: LiveDesk, host: Host):
        page.goto(host.page("api", body=loader(desk)))
        expect(launcher(page)).to_be_visible()
        page.evaluate(
            """() => {
              window.heard = [];
              for (const name of ['open', 'close', 'ready']) {
                const stop = jinjibu.on(name, () => heard.push(name));
                if (name === 'close') jinjibu.on('open', stop);
              }
              jinjibu.open();
            }"""
        )
        expect(panel(page).locator("#chat-input")).to_be_visible()

        page.evaluate("jinjibu.toggle(); jinjibu.open(); jinjibu.close()")

        expect(page.locator("iframe")).to_be_hidden()
        assert page.evaluate("heard") == ["open", "ready", "open"]

    def test_escape_closes_it_and_the_focus_returns(self, page: Page, desk: LiveDesk, host: Host):
        page.goto(host.page("focus", body=loader(desk)))
        launcher(page).press("Enter")
        expect(panel(page).locator("#chat-input")).to_be_focused()

        page.keyboard.press("Escape")

        expect(launcher(page)).to_be_focused()

    def test_a_panel_that_is_drawn_late_puts_the_cursor_into_the_field(
        self, page: Page, desk: LiveDesk, host: Host
    ):
        address = f"{desk.base}/chat?site=matsumoto&embed=1&host={host.origin}"
        page.goto(host.page("late", body=f'<iframe src="{address}" hidden></iframe>'))

        page.evaluate(OPEN_BEFORE_DRAWN)

        expect(panel(page).locator("#chat-input")).to_be_focused()

    def test_a_site_that_is_not_in_the_table_may_not_show_it(
        self, browser: Browser, desk: LiveDesk, stranger: Host
    ):
        with_errors: BrowserContext = browser.new_context(locale="ja-JP")
        page = with_errors.new_page()
        refused: list[str] = []
        page.on("console", lambda message: refused.append(message.text))
        page.goto(stranger.page("stolen", body=loader(desk)))
        launcher(page).click()

        expect(page.locator("p[role=status]")).to_contain_text("つながりません")
        assert any("frame-ancestors" in text for text in refused), refused
        with_errors.close()

    def test_what_the_page_says_is_checked(self, page: Page, desk: LiveDesk, host: Host):
        page.goto(host.page("forged", body=loader(desk)))
        launcher(page).click()
        ask(page, "応募がない")
        page.evaluate(
            """() => {
              const frame = document.querySelector('html > div').shadowRoot.querySelector('iframe');
              for (const type of ['ready', 'close', 'unread', 'opened', 'hello', 7, null]) {
                for (const data of [{ app: 'jinjibu', type, count: 50 }, { type }, type]) {
                  window.postMessage(data, '*');
                  frame.contentWindow.postMessage(data, '*');
                }
              }
            }"""
        )
        page.evaluate("new Promise((resolve) => setTimeout(resolve, 300))")

        expect(page.locator("iframe")).to_be_visible()
        page.evaluate("jinjibu.close()")
        expect(page.locator(".count")).to_be_hidden()
        page.evaluate("jinjibu.open()")
        ask(page, "まだ話せる")


class TestHostilePage:
    def test_bent_prototypes_disturb_neither_button_nor_panel(
        self, page: Page, desk: LiveDesk, host: Host
    ):
        page.goto(host.page("bent", head=HOSTILE_SCRIPT, body=loader(desk)))

        page.locator(".launch").click()

        ask(page, "応募がない")

    def test_odd_styles_neither_hide_nor_move_nor_colour_it(
        self, page: Page, desk: LiveDesk, host: Host
    ):
        cover = (
            "<script>document.documentElement.append("
            "Object.assign(document.createElement('div'), {className: 'cover'}))</script>"
        )
        page.goto(host.page("odd", head=ODD_STYLE, body=loader(desk) + cover))
        button = page.locator(".launch")
        expect(button).to_have_css("background-color", "rgb(122, 31, 75)")
        box = button.bounding_box()
        assert box
        assert box["height"] >= 56
        assert 1100 - (box["x"] + box["width"]) == pytest.approx(16, abs=1)
        assert 900 - (box["y"] + box["height"]) == pytest.approx(16, abs=1)

        page.mouse.click(box["x"] + 30, box["y"] + 30)

        frame = page.locator("iframe")
        expect(frame).to_be_visible()
        expect(frame).to_have_css("opacity", "1")
        size = frame.bounding_box()
        assert size
        assert (size["width"], size["height"]) == pytest.approx((418, 678), abs=2)
        ask(page, "応募がない")

    def test_a_base_tag_leads_nowhere_else(self, page: Page, desk: LiveDesk, host: Host):
        head = '<base href="https://nowhere.invalid/deep/" target="_top">'
        page.goto(host.page("base", head=head, body=loader(desk)))
        launcher(page).click()

        ask(page, "応募がない")

    def test_a_strict_policy_needs_two_directives_for_us(
        self, page: Page, desk: LiveDesk, host: Host
    ):
        policy = (
            f"default-src 'none'; script-src {desk.base}; frame-src {desk.base}; base-uri 'none';"
            " require-trusted-types-for 'script'; trusted-types 'none'"
        )
        headers = {"Content-Security-Policy": policy}
        page.goto(host.page("strict", body=loader(desk), headers=headers))
        launcher(page).click()

        ask(page, "応募がない")
        expect(launcher(page, "相談を閉じる")).to_have_css("border-radius", "28px")

    def test_several_loaders_make_one_button(self, page: Page, desk: LiveDesk, host: Host):
        old = f'<script src="{desk.base}/static/widget/loader.js" data-site="matsumoto"></script>'
        page.goto(host.page("several", body=old + loader(desk) * 2))
        expect(page.locator(".launch")).to_be_visible()
        page.wait_for_load_state()

        assert page.locator(".launch").count() == 1

    def test_an_element_with_our_name_is_not_taken_for_us(
        self, page: Page, desk: LiveDesk, host: Host
    ):
        page.goto(host.page("name", body='<p id="jinjibu"></p>' + loader(desk)))
        launcher(page).click()

        ask(page, "応募がない")

    def test_a_page_that_exchanges_itself_keeps_one_button_and_the_talk(
        self, page: Page, desk: LiveDesk, host: Host
    ):
        page.goto(host.page("spa", body=loader(desk), near=True))
        launcher(page).click()
        ask(page, "応募がない")

        for everything in (False, True):
            page.evaluate(
                """([everything, source]) => {
                  const body = document.createElement('body');
                  const script = document.createElement('script');
                  script.src = source;
                  if (everything) document.documentElement.replaceChildren(body);
                  else document.body.replaceWith(body);
                  body.append(script);
                }""",
                [everything, f"{desk.base}/embed/matsumoto.js"],
            )
            talk = panel(page).locator("li.message[data-author=bot]", has_text="応募がない")
            expect(talk).to_be_visible()
            assert page.locator(".launch").count() == 1
        ask(page, "まだ話せる")


class TestPolicyOfThePanel:
    def test_no_markup_and_no_inline_code_can_be_made_in_it(self, browser: Browser, desk: LiveDesk):
        context = browser.new_context(locale="ja-JP")
        page = context.new_page()
        page.goto(f"{desk.base}/chat")
        expect(page.locator("#chat-input")).to_be_visible()

        for sink in (
            "document.body.innerHTML = '<b>x</b>'",
            "document.body.insertAdjacentHTML('beforeend', '<b>x</b>')",
            "document.createElement('iframe').srcdoc = '<b>x</b>'",
            "document.createElement('script').src = '/x.js'",
            "new DOMParser().parseFromString('<b>x</b>', 'text/html')",
            "trustedTypes.createPolicy('default', { createHTML: (text) => text })",
        ):
            error = page.evaluate(
                f"() => {{ try {{ {sink} }} catch (error) {{ return error.name }} }}"
            )
            assert error == "TypeError", sink
        ran = page.evaluate(
            """() => {
              const button = document.createElement('button');
              try { button.setAttribute('onclick', 'window.ran = 1'); } catch {}
              document.body.append(button);
              button.click();
              return window.ran ?? 0;
            }"""
        )
        assert ran == 0
        context.close()

    def test_markup_in_words_stays_text(self, page: Page, desk: LiveDesk):
        words = "<img src=x onerror=alert(1)><script>alert(2)</script>"
        page.goto(f"{desk.base}/chat")
        page.locator("#chat-input").fill(words)
        page.locator("#chat-send").click()

        expect(page.locator("li[data-author=bot]", has_text=words)).to_be_visible()
        assert page.locator("#chat-messages img, #chat-messages script").count() == 0
