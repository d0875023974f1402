"""The simulator with a bot that answers by a script, open in Chromium."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from playwright.sync_api import Page

from tests.line.fake.account import Account
from tests.line.fake.clock import real_time
from tests.line.fake.line import FakeLine
from tests.line.fake.serving import Connections, Server
from tests.line.simulator.app import create_app
from tests.line.simulator.desktop import Desktop

Json = dict[str, Any]


@dataclass
class Bot:
    """A bot's server: answers each text by what the script has for it."""

    line: FakeLine
    script: dict[str, list[Json]] = field(default_factory=dict)
    events: list[Json] = field(default_factory=list)
    status: int = 200

    async def take(self, request: Request) -> Json:
        body = await request.json()
        self.events += body["events"]
        for event in body["events"]:
            messages = self.script.get(event.get("message", {}).get("text", ""))
            if messages and "replyToken" in event:
                threading.Thread(target=self._reply, args=(event["replyToken"], messages)).start()
        return {}

    def _reply(self, token: str, messages: list[Json]) -> None:
        self.call("message/reply", {"replyToken": token, "messages": messages})

    def call(self, path: str, body: Json) -> httpx.Response:
        """Call LINE as the bot does."""
        headers = {"Authorization": f"Bearer {self.line.account.access_token}"}
        address = f"{self.line.api_base}/v2/bot/{path}"
        return httpx.post(address, json=body, headers=headers, trust_env=False)


@dataclass(frozen=True, kw_only=True)
class Simulator:
    """All three ends: LINE, the bot, and the page."""

    line: FakeLine
    bot: Bot
    page: Page

    @property
    def account(self) -> Account:
        return self.line.account

    def say(self, words: str) -> None:
        """Write as the person who is chosen."""
        self.page.get_by_label("メッセージ", exact=True).fill(words)
        self.page.get_by_role("button", name="送信", exact=True).click()


@pytest.fixture
def simulator(page: Page) -> Iterator[Simulator]:
    line = FakeLine(real_time, seed=1)
    line.add_account("main")
    desktop = Desktop(line)
    desktop.add_people()
    bot = Bot(line)
    app = FastAPI()
    app.add_api_route("/hook", bot.take, methods=["POST"])
    connections = Connections()
    servers = [
        Server(create_app(desktop, connections.reset), connections.protocol()),
        Server(app, Connections().protocol()),
    ]
    for server in servers:
        server.start()
    line.base = f"http://127.0.0.1:{servers[0].port}"
    line.account.webhook.url = f"http://127.0.0.1:{servers[1].port}/hook"
    try:
        page.goto(line.base)
        page.locator("body[data-ready]").wait_for()
        yield Simulator(line=line, bot=bot, page=page)
    finally:
        page.close()
        for server in servers:
            server.stop()
