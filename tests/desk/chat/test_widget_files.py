"""What the widget weighs as served, and that the modules are put together rightly."""

import gzip
import re
from pathlib import Path

import httpx
import pytest

from desk.chat.widget_bundle import BundleError, bundle, modules_of
from desk.chat.widget_files import ENTRY, FOLDER, GIVEN

KILOBYTE = 1024


async def compressed_size(client: httpx.AsyncClient, path: str) -> int:
    async with client.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as response:
        assert response.status_code == 200
        body = b"".join([chunk async for chunk in response.aiter_raw()])
    return len(body if response.headers.get("content-encoding") == "gzip" else gzip.compress(body))


class TestSizes:
    async def test_the_loader_is_at_most_4_kilobytes(self, client: httpx.AsyncClient) -> None:
        assert await compressed_size(client, "/static/widget/loader.js") <= 4 * KILOBYTE

    async def test_page_styles_and_script_are_at_most_30_kilobytes(
        self, client: httpx.AsyncClient
    ) -> None:
        page = (await client.get("/chat")).text
        named = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)

        sizes = {path: await compressed_size(client, path) for path in ["/chat", *named]}

        assert set(sizes) == {"/chat", "/static/widget/widget.css", "/static/widget/chat.js"}
        assert sum(sizes.values()) <= 30 * KILOBYTE, sizes


class TestBundle:
    def test_holds_every_module_but_the_loader(self) -> None:
        used = {path.name for path in modules_of(ENTRY)}

        assert used == {path.name for path in FOLDER.glob("*.js")} - {"loader.js"}

    def test_each_module_comes_after_those_it_imports(self, tmp_path: Path) -> None:
        (tmp_path / "a.js").write_text(
            "import { B } from './b.js';\nimport {\n  C,\n} from './c.js';\nexport const A = B + C;\n"
        )
        (tmp_path / "b.js").write_text(
            "import { C as c } from './c.js';\nconst own = 1;\nexport const B = c;\n"
        )
        (tmp_path / "c.js").write_text("const own = 2;\nexport const C = own;\nexport class D {}\n")

        text = bundle(tmp_path / "a.js")

        assert re.findall(r"const \$(\w)=", text) == ["c", "b", "a"]
        assert "return {C,D};" in text
        assert "const { C: c } = $c;" in text
        assert "import" not in text
        assert "export" not in text

    @pytest.mark.parametrize(
        "line",
        [
            "export default 1;",
            "import x from './b.js';",
            "import * as x from './b.js';",
            "export { x };",
            "const x = await import('./b.js');",
            "export let x = 1;",
        ],
    )
    def test_refuses_a_form_it_does_not_know(self, tmp_path: Path, line: str) -> None:
        (tmp_path / "a.js").write_text(f"{line}\n")

        with pytest.raises(BundleError, match=r"a\.js"):
            bundle(tmp_path / "a.js")

    def test_refuses_a_circle(self, tmp_path: Path) -> None:
        (tmp_path / "a.js").write_text("import { B } from './b.js';\nexport const A = 1;\n")
        (tmp_path / "b.js").write_text("import { A } from './a.js';\nexport const B = 1;\n")

        with pytest.raises(BundleError, match=r"a\.js -> b\.js -> a\.js"):
            bundle(tmp_path / "a.js")


class TestLoader:
    def test_has_one_line_for_a_sites_settings(self) -> None:
        assert (FOLDER / "loader.js").read_text(encoding="utf-8").count(GIVEN) == 1

    async def test_may_be_loaded_by_any_page(self, client: httpx.AsyncClient) -> None:
        answer = await client.get("/static/widget/loader.js")

        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
        assert answer.headers["content-type"] == "text/javascript; charset=utf-8"

    async def test_is_not_sent_again_unchanged(self, client: httpx.AsyncClient) -> None:
        tag = (await client.get("/static/widget/chat.js")).headers["etag"]
        answer = await client.get("/static/widget/chat.js", headers={"If-None-Match": tag})

        assert (answer.status_code, answer.content) == (304, b"")
