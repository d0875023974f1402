"""The rich menu: LINE takes it, its image is current, and its words can be read."""

import re
from pathlib import Path

import pytest

from advisor.consultation import Consultation, Heard, respond
from desk.chat.sites import contrast
from desk.line.menu import (
    FOLDER,
    IMAGE_FILE,
    MENU_FILE,
    PAGE,
    Area,
    MenuError,
    area_of,
    image_problems,
    load_menu,
    read_menu,
)
from desk.line.menu.draw import DRAWN_FILE, fingerprint, page_of
from tests.advisor.consultation.conftest import TODAY, knowledge


def changed(tmp_path: Path, old: str, new: str) -> Path:
    text = MENU_FILE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "menu.yml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


class TestTheMenu:
    def test_has_the_six_ways(self) -> None:
        menu, image = load_menu()

        assert [area.label for area in menu.areas] == [
            "相談を始める", "制度を調べる", "担当者に相談", "受付番号で確かめる",
            "このナビについて", "安全なページで続ける",
        ]  # fmt: skip
        assert len(image) < 1_000_000

    def test_is_sent_as_line_takes_it(self) -> None:
        body = read_menu().as_json()

        assert body["size"] == {"width": 2500, "height": 1686}
        assert body["chatBarText"] == "メニューを開く"
        assert body["areas"][0] == {
            "bounds": {"x": 0, "y": 0, "width": 833, "height": 843},
            "action": {
                "type": "postback",
                "label": "相談を始める",
                "data": "m:start",
                "displayText": "相談を始める",
            },
        }

    def test_its_areas_cover_the_image_without_gap(self) -> None:
        menu = read_menu()

        assert sum(area.width * area.height for area in menu.areas) == menu.width * menu.height
        assert max(area.x + area.width for area in menu.areas) == menu.width
        assert max(area.y + area.height for area in menu.areas) == menu.height

    def test_a_pressed_area_is_known_again(self) -> None:
        assert (area := area_of("m:person")) is not None
        assert area.payload == "/talk_to_human"
        assert area_of("m:old") is None
        assert area_of("p:/greet") is None

    @pytest.mark.parametrize("area", [a for a in read_menu().areas if a.payload != PAGE])
    def test_the_bot_answers_each_area_at_the_beginning(self, area: Area) -> None:
        intent = area.payload.removeprefix("/")
        heard = Heard(text=area.payload, intent=intent, is_button=True)

        reply = respond(Consultation(), heard, knowledge(), on=TODAY)

        responses = [getattr(each, "response", None) for each in reply.utterances]
        assert reply.utterances or reply.effect
        assert "not_understood" not in responses


class TestTheImage:
    def test_was_drawn_from_what_is_there_now(self) -> None:
        drawn = DRAWN_FILE.read_text(encoding="ascii").strip()

        assert drawn == fingerprint(page_of(read_menu())), "run python -m desk.line.menu.draw"

    def test_its_colours_can_be_told_apart(self) -> None:
        style = (FOLDER / "menu.html.j2").read_text(encoding="utf-8")
        colors = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", style))

        for ground in (colors["ground"], colors["key-ground"]):
            assert min(contrast(colors[name], ground) for name in ("ink", "hint", "key")) >= 4.5

    def test_another_size_or_kind_is_refused(self) -> None:
        menu, image = load_menu()

        assert image_problems(b"GIF89a", menu) == ["must be a PNG image"]
        assert image_problems(image + b"\0" * 1_000_000, menu)
        wrong = image[:16] + (1200).to_bytes(4, "big") + image[20:]
        assert image_problems(wrong, menu) == ["is 1200x1686, must be 2500x1686"]

    def test_a_missing_one_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(MenuError, match="cannot be read"):
            load_menu(image=tmp_path / "none.png")

    def test_one_of_another_size_is_named(self, tmp_path: Path) -> None:
        path = changed(tmp_path, "width: 2500", "width: 2499")

        with pytest.raises(MenuError, match=r"is 2500x1686, must be 2499x1686"):
            load_menu(path, IMAGE_FILE)


class TestRefusedDefinitions:
    @pytest.mark.parametrize(
        ("old", "new", "problem"),
        [
            ("chat_bar_text: メニューを開く", f"chat_bar_text: {'あ' * 15}", "chat_bar_text: must"),
            ("name: 相談ナビ メニュー 1", f"name: {'あ' * 301}", "name: must have 1 to 300"),
            ("label: 相談を始める", f"label: {'あ' * 21}", "areas.start.action.label: 21"),
            ("says: 相談を始める", "says: ''", "areas.start.action.displayText: is empty"),
            ("width: 2500", "width: 2501", "size: 2501x1686"),
            ("height: 1686", "height: 2000", "width must be 1.45 times"),
            ("height: 1686", "height: 240", "size: 2500x240"),
            ("id: page", "id: start", "areas.start: stands twice"),
            ("  - id: start\n", "  - ident: start\n", "must hold"),
            ("columns: 3", "columns: 3\nmore: 1", "must hold"),
        ],
    )
    def test_say_what_is_wrong(self, old: str, new: str, problem: str, tmp_path: Path) -> None:
        with pytest.raises(MenuError, match=re.escape(problem)):
            read_menu(changed(tmp_path, old, new))

    def test_a_file_that_is_no_yaml_is_named(self, tmp_path: Path) -> None:
        path = tmp_path / "menu.yml"
        path.write_text("name: [", encoding="utf-8")

        with pytest.raises(MenuError, match=re.escape("menu.yml")):
            read_menu(path)
