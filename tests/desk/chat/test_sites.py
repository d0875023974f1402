"""The table of sites: what it refuses, and what a site's visitors get."""

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from advisor.knowledge import KnowledgeBase
from desk.app import create_app
from desk.chat.ports import ScriptedDialogueEngine
from desk.chat.sites import LEAST_CONTRAST, Site, SitesError, contrast, load_sites
from desk.config import Settings
from desk.launcher.errors import SetupError
from desk.launcher.steps import check_knowledge

TABLE = """\
sites:
  matsumoto:
    origins: ["https://www.city.matsumoto.example", "https://cms.matsumoto.example:8443"]
    color: "#7a1f4b"
    color_dark: "#f4a8c8"
    side: left
    label: 松本で相談する
    greeting: 松本市のページからようこそ。
    hub: matsumoto
  tsubame:
    origins: ["https://www.city.tsubame.example"]
"""
HUBS = ("matsumoto", "tsubame")


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def write_table(text: str) -> Path:
        path = tmp_path / "sites.yml"
        path.write_text(text, encoding="utf-8")
        return path

    return write_table


class TestContrast:
    @pytest.mark.parametrize(
        ("first", "second", "ratio"),
        [("#000000", "#ffffff", 21.0), ("#767676", "#ffffff", 4.54), ("#777777", "#ffffff", 4.48)],
    )
    def test_is_that_of_wcag(self, first: str, second: str, ratio: float) -> None:
        assert contrast(first, second) == pytest.approx(ratio, abs=0.01)
        assert contrast(second, first) == contrast(first, second)


class TestLoadSites:
    def test_without_a_file_there_are_none(self) -> None:
        assert len(load_sites(None, HUBS)) == 0

    def test_reads_every_site(self, write: Callable[[str], Path]) -> None:
        sites = load_sites(write(TABLE), HUBS)

        site = sites.find("matsumoto")
        assert site is not None
        assert site.origins[1] == "https://cms.matsumoto.example:8443"
        assert sites.find("tsubame") is not None
        assert sites.find("elsewhere") is None
        assert sites.find(None) is None

    @pytest.mark.parametrize(
        ("line", "words"),
        [
            ('color: "#7fa8ff"', "contrast of 2.10:1 on #ffffff and #f2f2f2"),
            ('color: "#767676"', "Choose a darker colour"),
            ('color_dark: "#0031d8"', "Choose a lighter colour"),
            ("color: red", "should match pattern"),
            ('origins: ["http://www.city.example"]', "must be https://HOST"),
            ('origins: ["https://www.city.example/"]', "without a path"),
            ('origins: ["https://*.example"]', "must be https://HOST"),
            (
                "origins: [\"https://a.example; script-src 'unsafe-inline'\"]",
                "must be https://HOST",
            ),
            ("hub: atlantis", "unknown hub 'atlantis' (matsumoto, tsubame)"),
            ("colour: red", "Extra inputs are not permitted"),
            ("label: あいうえおかきくけこさしすせそたちつてとな", "at most 20 characters"),
        ],
    )
    def test_refuses_what_would_not_work_and_says_where(
        self, write: Callable[[str], Path], line: str, words: str
    ) -> None:
        with pytest.raises(SitesError, match=r"sites\.yml: sites\.one\.") as caught:
            load_sites(write(f"sites:\n  one:\n    {line}\n"), HUBS)

        assert words in str(caught.value)

    def test_names_every_problem_at_once(self, write: Callable[[str], Path]) -> None:
        with pytest.raises(SitesError) as caught:
            load_sites(
                write('sites:\n  one: {color: "#ffffff"}\n  Zwei: {}\n  three: {hub: atlantis}\n'),
                HUBS,
            )

        assert len(str(caught.value).splitlines()) == 3

    @pytest.mark.parametrize("text", ["[]", "sites: []", "sites: {}\nmore: 1\n", "a: 1\na: 2\n"])
    def test_refuses_another_shape(self, write: Callable[[str], Path], text: str) -> None:
        with pytest.raises(SitesError):
            load_sites(write(text), HUBS)


class TestStart:
    def test_says_what_is_wrong_with_the_table_and_what_to_do(
        self, settings: Settings, write: Callable[[str], Path]
    ) -> None:
        broken = write('sites:\n  one: {color: "#ffff00"}\n')

        with pytest.raises(
            SetupError, match=r"sites\.one\.color: #ffff00 has a contrast"
        ) as caught:
            check_knowledge(settings.model_copy(update={"sites_file": broken}))

        assert "JINJIBU_SITES_FILE" in caught.value.remedy

    def test_goes_on_with_a_table_that_works(
        self, settings: Settings, write: Callable[[str], Path]
    ) -> None:
        check_knowledge(settings.model_copy(update={"sites_file": write(TABLE)}))


class TestSiteStyle:
    def test_text_on_both_colours_can_be_read(self) -> None:
        site = Site(id="one", color="#7a1f4b", color_dark="#f4a8c8")

        assert "--primary:#7a1f4b;--primary-hover:#62193c;--on-primary:#ffffff" in site.style()
        assert "--primary:#f4a8c8;--primary-hover:#f6b9d3;--on-primary:#000000" in site.style()
        assert contrast("#7a1f4b", "#ffffff") >= LEAST_CONTRAST
        assert contrast("#f4a8c8", "#000000") >= LEAST_CONTRAST

    def test_says_nothing_of_what_is_not_set(self) -> None:
        assert Site(id="one").style() == ""
        assert "@media (prefers-color-scheme:dark)" not in Site(id="one", color="#7a1f4b").style()


@pytest_asyncio.fixture
async def city(
    settings: Settings,
    engine: ScriptedDialogueEngine,
    knowledge: KnowledgeBase,
    write: Callable[[str], Path],
) -> AsyncIterator[httpx.AsyncClient]:
    """The desk with the table, and one origin for everybody else."""
    chosen = settings.model_copy(
        update={"sites_file": write(TABLE), "embed_origins": ["https://chamber.example"]}
    )
    app = create_app(chosen, engine=engine, knowledge=knowledge)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk") as client:
        yield client
    await app.state.database.close()


def ancestors(response: httpx.Response) -> str:
    policy = response.headers["content-security-policy"]
    return next(p for p in policy.split("; ") if p.startswith("frame-ancestors"))


class TestVisitorsOfASite:
    async def test_only_its_own_pages_may_frame_the_chat(self, city: httpx.AsyncClient) -> None:
        own = await city.get("/chat", params={"site": "matsumoto"})
        unknown = await city.get("/chat", params={"site": "nobody"})

        assert ancestors(own) == (
            "frame-ancestors 'self' https://www.city.matsumoto.example"
            " https://cms.matsumoto.example:8443"
        )
        assert ancestors(unknown) == "frame-ancestors 'self' https://chamber.example"

    async def test_the_page_has_its_colours(self, city: httpx.AsyncClient) -> None:
        page = (await city.get("/chat", params={"site": "matsumoto"})).text
        style = await city.get("/embed/matsumoto.css")

        assert '<link rel="stylesheet" href="/embed/matsumoto.css">' in page
        assert "--primary:#7a1f4b" in style.text
        assert style.headers["content-type"] == "text/css; charset=utf-8"

    async def test_an_unknown_site_leaves_no_trace_in_the_page(
        self, city: httpx.AsyncClient
    ) -> None:
        page = (await city.get("/chat", params={"site": '"><script>'})).text

        assert "><script>" not in page
        assert "/embed/" not in page

    async def test_the_loader_brings_its_settings(self, city: httpx.AsyncClient) -> None:
        script = (await city.get("/embed/matsumoto.js")).text

        line = next(line for line in script.splitlines() if line.startswith("const given = "))
        assert json.loads(line.removeprefix("const given = ").removesuffix(";")) == {
            "site": "matsumoto",
            "color": "#7a1f4b",
            "side": "left",
            "label": "松本で相談する",
        }

    @pytest.mark.parametrize("name", ["nobody.js", "nobody.css", "..%2fapp.js"])
    async def test_there_is_none_for_others(self, city: httpx.AsyncClient, name: str) -> None:
        assert (await city.get(f"/embed/{name}")).status_code == 404

    async def test_the_greeting_comes_first_and_only_there(
        self, city: httpx.AsyncClient, engine: ScriptedDialogueEngine
    ) -> None:
        own = (await city.post("/api/chat/conversations", json={"site": "matsumoto"})).json()
        other = (await city.post("/api/chat/conversations", json={"site": "tsubame"})).json()

        texts = [message["text"] for message in own["messages"]]
        assert texts[0] == "松本市のページからようこそ。"
        assert texts[1:] == [message["text"] for message in other["messages"]]

    async def test_the_engine_hears_whose_site_it_is(
        self, city: httpx.AsyncClient, engine: ScriptedDialogueEngine
    ) -> None:
        started = (await city.post("/api/chat/conversations", json={"site": "matsumoto"})).json()
        await city.post(
            f"/api/chat/conversations/{started['conversation_id']}/messages",
            json={"client_message_id": started["messages"][0]["id"], "text": "こんにちは"},
            headers={"Authorization": f"Bearer {started['token']}"},
        )

        assert engine.asked[0]["metadata"]["site"] == "matsumoto"
