"""What the widget weighs and how fast it is there, beside two public chat widgets from npm.

Run from the project root, in desk's environment, on a quiet machine with Chromium and npm:

    .venv/bin/python bench/widget.py            # 15 loads of each
    .venv/bin/python bench/widget.py --loads 5

The packages are taken from the npm registry into a temporary folder, with their lock, and served
from this machine with gzip, as ours are. Each load has a new browser context (cold cache). Two
moments are measured from the start of the navigation: the page's own load event with the widget
on it, and the moment at which somebody can type into the chat. Ours is measured twice: the page
with the button, which loads no more until it is pressed (there the second figure is the first),
and the panel by itself. Requests to other hosts are refused and named.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Browser, Route, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.browser.conftest import ARGUMENTS, chromium  # noqa: E402
from tests.browser.live_desk import running_desk  # noqa: E402

PACKAGES = {"deep-chat": "2.4.2", "@botpress/webchat": "4.5.2", "react": "19", "react-dom": "19"}
PATIENCE_MS = 30_000
ELSEWHERE = re.compile(r"^https?://(?!127\.0\.0\.1)")
MARK = """window.typeable = null;
const look = () => {
  const inside = (root) => [...root.querySelectorAll('*')].some((node) =>
    (node.matches('textarea, [contenteditable=true], #text-input') && node.clientHeight > 0) ||
    (node.shadowRoot && inside(node.shadowRoot)));
  if (inside(document)) window.typeable = performance.now(); else requestAnimationFrame(look);
};
look();"""


@dataclass(slots=True)
class Measured:
    """The figures of one widget."""

    raw: int = 0
    compressed: int = 0
    requests: int = 0
    refused: set[str] = field(default_factory=set)
    loaded_ms: list[float] = field(default_factory=list)
    typeable_ms: list[float] = field(default_factory=list)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--loads", type=int, default=15)
    loads = parser.parse_args().loads
    with tempfile.TemporaryDirectory(prefix="jinjibu-widgets-") as folder:
        packages = Path(folder)
        fetch(packages)
        pages = {
            "deep-chat": page_of_deep_chat(packages),
            "@botpress/webchat": page_of_botpress(packages),
        }
        print(table(measure(packages, pages, loads)))


def fetch(folder: Path) -> None:
    """Install the packages without running anything of theirs."""
    wanted = {"private": True, "dependencies": PACKAGES, "devDependencies": {"esbuild": "0.25"}}
    (folder / "package.json").write_text(json.dumps(wanted))
    npm = shutil.which("npm")
    assert npm, "npm is needed to fetch the other widgets"
    subprocess.run(
        [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"],
        cwd=folder,
        check=True,
    )


def page_of_deep_chat(folder: Path) -> str:
    """Their bundle as published, which is how the docs embed it."""
    bundle = folder / "node_modules/deep-chat/dist/deepChat.bundle.js"
    (folder / "deep-chat.js").write_bytes(bundle.read_bytes())
    return "<deep-chat demo='true'></deep-chat><script type='module' src='/deep-chat.js'></script>"


def page_of_botpress(folder: Path) -> str:
    """Composer and container with React, bundled and minified as a site would."""
    (folder / "entry.js").write_text(
        "import { createElement as h } from 'react';"
        "import { createRoot } from 'react-dom/client';"
        "import { Container, Composer } from '@botpress/webchat';"
        "const page = h(Container, { connected: true, style: { height: 600 } },"
        " h(Composer, { connected: true, composerPlaceholder: 'x', sendMessage: () => {} }));"
        "createRoot(document.getElementById('root')).render(page);"
    )
    subprocess.run(
        [
            str(folder / "node_modules/.bin/esbuild"),
            "entry.js",
            "--bundle",
            "--minify",
            "--format=esm",
            '--define:process.env.NODE_ENV="production"',
            "--outfile=botpress.js",
        ],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return "<div id='root'></div><script type='module' src='/botpress.js'></script>"


@contextlib.contextmanager
def serving(folder: Path, pages: dict[str, str]) -> Iterator[str]:
    """A site with one page for each widget, compressed as ours."""
    bodies = {f"/{number}": page for number, page in enumerate(pages.values())}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path in bodies:
                body = f"<!doctype html><title>x</title>{bodies[self.path]}".encode()
                kind = "text/html; charset=utf-8"
            elif self.path.endswith(".js"):
                body, kind = (folder / self.path[1:]).read_bytes(), "text/javascript"
            else:
                body, kind = b"", "image/x-icon"
            packed = packed_once(body)
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(packed)))
            self.end_headers()
            self.wfile.write(packed)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    kept: dict[bytes, bytes] = {}

    def packed_once(body: bytes) -> bytes:
        if body not in kept:
            kept[body] = gzip.compress(body, 9)
        return kept[body]

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


def measure(folder: Path, pages: dict[str, str], loads: int) -> dict[str, Measured]:
    """Load every widget so many times, in turn, so that all meet the same machine."""
    with (
        running_desk(folder) as desk,
        sync_playwright() as playwright,
    ):
        ours = f"<script src='{desk.base}/static/widget/loader.js' async></script>"
        sites = {"jinjibu (button)": ours, **pages}
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        with serving(folder, sites) as base:
            desk.settings.embed_origins.append(base)
            addresses = {name: f"{base}/{number}" for number, name in enumerate(sites)}
            addresses["jinjibu (panel)"] = f"{desk.base}/chat"
            figures = {name: Measured() for name in addresses}
            for turn in range(loads + 1):  # The first fills the servers' caches.
                for name, address in addresses.items():
                    load_once(browser, address, figures[name], is_counted=turn > 0)
        browser.close()
    return figures


def load_once(browser: Browser, address: str, figures: Measured, *, is_counted: bool) -> None:
    """One load with a cold cache."""
    context = browser.new_context(locale="ja-JP")
    sizes: list[tuple[int, int]] = []

    def refuse(route: Route) -> None:
        figures.refused.add(route.request.url.split("/")[2])
        route.abort()

    context.route(ELSEWHERE, refuse)
    page = context.new_page()
    page.add_init_script(MARK)
    page.on("requestfinished", lambda request: count(request, sizes))
    page.goto(address, wait_until="load")
    navigation = "performance.getEntriesByType('navigation')[0].loadEventStart"
    loaded = page.evaluate(navigation)
    if page.evaluate("!!window.jinjibu"):
        page.locator(".launch").wait_for()
        ready = loaded
    else:
        ready = typeable(page)
    time.sleep(0.1)
    if is_counted:
        figures.loaded_ms.append(loaded)
        figures.typeable_ms.append(ready)
    else:
        figures.requests = len(sizes)
        figures.raw = sum(raw for raw, _ in sizes)
        figures.compressed = sum(compressed for _, compressed in sizes)
    context.close()


def typeable(page: object) -> float:
    """Milliseconds after which there was something to type into."""
    handle = page.wait_for_function("window.typeable", timeout=PATIENCE_MS)  # type: ignore[attr-defined]
    return float(handle.json_value())


def count(request: object, sizes: list[tuple[int, int]]) -> None:
    """Note the sizes of what came, but for the chat's own messages."""
    url = request.url  # type: ignore[attr-defined]
    if "/api/" in url or url.endswith("favicon.ico") or url.startswith("data:"):
        return
    body = request.response().body()  # type: ignore[attr-defined]
    sizes.append((len(body), len(gzip.compress(body, 9))))


def table(figures: dict[str, Measured]) -> str:
    """A Markdown table."""
    lines = [
        "| widget | requests | KB | KB gzip | page loaded (ms) | can type (ms) | other hosts asked |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, each in figures.items():
        lines.append(
            f"| {name} | {each.requests} | {each.raw / 1024:.1f} | {each.compressed / 1024:.1f}"
            f" | {statistics.median(each.loaded_ms):.0f}"
            f" | {statistics.median(each.typeable_ms):.0f}"
            f" | {', '.join(sorted(each.refused)) or '–'} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
