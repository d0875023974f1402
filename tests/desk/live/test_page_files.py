"""The modules of the conversation page: served, complete, and without words of their own."""

import re
from pathlib import Path

import httpx
import pytest

import desk.console

FOLDER = Path(desk.console.__file__).parent / "static"
MODULES = sorted(FOLDER.glob("*.js"))
NAMED = re.compile(r"from '(/static/[^']+)'")
JAPANESE = re.compile(r"[\u3041-\u30fa\u3400-\u9fff]")
COMMENT = re.compile(r"/\*.*?\*/|^\s*//.*$", re.DOTALL | re.MULTILINE)


def named_in(path: Path) -> list[str]:
    """Addresses of the modules that a module imports."""
    return NAMED.findall(path.read_text())


class TestModules:
    @pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
    async def test_every_module_that_is_named_is_served(
        self, client: httpx.AsyncClient, path: Path
    ):
        for address in [f"/static/console/{path.name}", *named_in(path)]:
            answer = await client.get(address)

            assert answer.status_code == 200, address
            assert answer.headers["content-type"].startswith("text/javascript")
            assert answer.headers["x-content-type-options"] == "nosniff"

    async def test_browser_asks_again_after_an_update(self, client: httpx.AsyncClient):
        first = await client.get("/static/console/talk.js")
        again = await client.get(
            "/static/console/talk.js", headers={"If-None-Match": first.headers["etag"]}
        )

        assert first.headers["cache-control"] == "no-cache"
        assert again.status_code == 304

    @pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
    def test_no_markup_is_made_from_text(self, path: Path):
        forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function"

        assert not re.search(forbidden, path.read_text())

    @pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
    def test_words_stand_in_one_module(self, path: Path):
        text = COMMENT.sub("", path.read_text())

        assert path.name == "talk_words.js" or not JAPANESE.search(text)
