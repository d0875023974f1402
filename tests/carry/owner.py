"""An owner in a real browser: what is done for a seed, and what the page shows at the end."""

import asyncio
import json
from dataclasses import dataclass, field
from random import Random

from playwright.async_api import Browser, BrowserContext, Page, Route

from tests.carry.proxy import FaultyProxy

SETTLE_SECONDS = 90.0
BROKEN_SETTLE_SECONDS = 25.0
LOOK_SECONDS = 0.25
READ_LIST = """() => [...document.querySelectorAll('#chat-messages > li.message')].map((li) => ({
  author: li.dataset.author,
  text: li.querySelector('.bubble')?.textContent ?? '',
  seq: Number(li.dataset.seq ?? 0),
  state: li.dataset.state ?? '',
}))"""
READ_SESSION = "() => localStorage.getItem('jinjibu.chat.v1')"
RESEND = "li.message[data-state=failed] button >> nth=0"

BREAKS = {
    "new id for each attempt": ("client_message_id: entry.id", "client_message_id: newUuid2()"),
    "forgotten after the first failure": (
        "if (problem.kind === 'expired') {",
        "this.#entries = this.#entries.filter((each) => each !== entry); return; {",
    ),
    "sent without waiting its turn": (
        "await this.#attempt(entry, session);",
        "entry.state = 'sent'; this.#attempt(entry, session);",
    ),
}
"""Guards of the page that can be taken out, to see that a run would notice."""
NEW_UUID = "const newUuid2 = () => crypto.randomUUID();\n"


@dataclass(slots=True, kw_only=True)
class Seen:
    """What an owner wrote, and what the pages show of the conversation."""

    words: list[str]
    conversation_id: str = ""
    pages: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    ever_failed: set[str] = field(default_factory=set)
    resent: int = 0
    errors: list[str] = field(default_factory=list)
    problem: str = ""


class Owner:
    """Writes, loads the page again, loses the network, opens a second tab: as the seed says."""

    def __init__(
        self, context: BrowserContext, proxy: FaultyProxy, seed: int, *, settle_seconds: float
    ) -> None:
        self._settle_seconds = settle_seconds
        self._context = context
        self._proxy = proxy
        self._random = Random(seed)
        self._seed = seed
        count = self._random.randint(3, 6)
        # Words of one conversation differ, so that none can stand for another.
        self.seen = Seen(words=[f"s{seed}m{number}。葛󠄀城の𠮷田です" for number in range(count)])

    async def talk(self) -> Seen:
        """The whole run; `Seen.problem` says if it did not come to rest."""
        page = await self._open()
        second: Page | None = None
        for number, words in enumerate(self.seen.words):
            await page.locator("#chat-input").fill(words)
            await page.locator("#chat-send").click()
            await asyncio.sleep(self._random.choice([0, 0.05, 0.3, 1.0, 2.5]))
            happening = self._random.choice(["", "", "", "reload", "tab", "offline", "outage"])
            if happening == "reload":
                await self._reload_if_all_arrived(page)
            elif happening == "tab" and second is None and number > 0:
                second = await self._open()
            elif happening in {"offline", "outage"}:
                await self._lose_network(happening)
            await self._resend(page)
        self._proxy.calm()
        await self._come_to_rest(page, "first")
        if not self.seen.problem:
            await self._look_again(page, second)
        return self.seen

    async def _open(self) -> Page:
        page = await self._context.new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: self.seen.errors.append(str(error)))
        await page.goto(f"{self._proxy.base}/chat")
        await page.locator("#chat-input").wait_for()
        return page

    async def _reload_if_all_arrived(self, page: Page) -> None:
        """A page with words on their way asks whether to leave; here nobody leaves then."""
        shown = await page.evaluate(READ_LIST)
        if all(each["seq"] for each in shown):
            await page.reload()
            await page.locator("#chat-input").wait_for()

    async def _lose_network(self, how: str) -> None:
        seconds = self._random.uniform(0.3, 2.5)
        if how == "offline":
            await self._context.set_offline(True)
        else:
            self._proxy.is_down = True
        await asyncio.sleep(seconds)
        self._proxy.is_down = False
        if how == "offline":
            await self._context.set_offline(False)

    async def _resend(self, page: Page) -> None:
        for each in await page.evaluate(READ_LIST):
            if each["state"] == "failed":
                self.seen.ever_failed.add(str(each["text"]))
        while await page.locator("li.message[data-state=failed]").count():
            await page.locator(RESEND).click()
            self.seen.resent += 1

    async def _come_to_rest(self, page: Page, name: str) -> None:
        """Wait until every word and every answer is shown, pressing what an owner would press."""
        expected = 2 * len(self.seen.words)
        deadline = asyncio.get_running_loop().time() + self._settle_seconds
        while True:
            await self._resend(page)
            shown = [each for each in await page.evaluate(READ_LIST) if self._is_ours(each)]
            self.seen.pages[name] = shown
            if len(shown) >= expected and all(each["seq"] for each in shown):
                # What would come doubled comes now.
                await asyncio.sleep(0.5)
                shown = [each for each in await page.evaluate(READ_LIST) if self._is_ours(each)]
                self.seen.pages[name] = shown
                return
            if asyncio.get_running_loop().time() > deadline:
                self.seen.problem = f"{name} page shows {len(shown)} of {expected}"
                return
            await asyncio.sleep(LOOK_SECONDS)

    async def _look_again(self, page: Page, second: Page | None) -> None:
        """The same conversation in the other tab and after loading it anew."""
        saved = json.loads(await page.evaluate(READ_SESSION))
        self.seen.conversation_id = saved["id"]
        if second is not None:
            await self._come_to_rest(second, "second")
        await page.reload()
        await self._come_to_rest(page, "reloaded")

    def _is_ours(self, each: dict[str, object]) -> bool:
        return f"s{self._seed}m" in str(each["text"])


async def talk(
    browser: Browser, desk_port: int, seed: int, *, broken: str | None = None
) -> tuple[Seen, FaultyProxy]:
    """One seeded run.

    Args:
        browser: A Chromium.
        desk_port: Where desk listens.
        seed: Decides the words, the faults and what the owner does.
        broken: Key of `BREAKS`.
    """
    proxy = FaultyProxy(desk_port, seed)
    await proxy.start()
    context = await browser.new_context(locale="ja-JP", timezone_id="Asia/Tokyo")
    if broken:
        await context.route("**/static/widget/chat.js", lambda route: _break(route, broken))
    try:
        patience = BROKEN_SETTLE_SECONDS if broken else SETTLE_SECONDS
        return await Owner(context, proxy, seed, settle_seconds=patience).talk(), proxy
    finally:
        await context.close()
        await proxy.close()


async def _break(route: Route, name: str) -> None:
    guard, instead = BREAKS[name]
    script = await (await route.fetch()).text()
    assert script.count(guard) == 1, f"the guard {guard!r} is no longer there"
    await route.fulfill(
        body=NEW_UUID + script.replace(guard, instead), content_type="text/javascript"
    )
