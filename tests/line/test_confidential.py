"""Personal and confidential content in messages of owners: what is found, what is left alone."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from advisor.loading import load_yaml
from bench.line_detector import ACCOUNT_WORDS, measure, table, told_by_owners
from desk.line.confidential import Detector, Kind, find_confidential
from desk.line.confidential.words import WORDS_FILE, Words

ROOT = Path(__file__).resolve().parents[2]
SEEN = load_yaml(Path(__file__).parent / "confidential_seen.yml")


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector()


def seen() -> Iterator[tuple[str, str]]:
    for kind, texts in SEEN["found"].items():
        yield from ((kind, str(text)) for text in texts)


class TestSeenSentences:
    @pytest.mark.parametrize(("kind", "text"), [*seen()])
    def test_the_kind_is_found(self, kind: str, text: str) -> None:
        assert Kind(kind) in find_confidential(text, ACCOUNT_WORDS)

    @pytest.mark.parametrize("text", SEEN["usual"]["all"])
    def test_ordinary_messages_hold_nothing(self, text: str) -> None:
        assert find_confidential(text, ACCOUNT_WORDS) == frozenset()


class TestMeasured:
    def test_nearly_all_of_typical_messages_are_told_apart(self, detector: Detector) -> None:
        found = measure("confidential", detector)

        assert found.total >= 150
        assert found.usual >= 250
        assert found.recall >= 0.95, found.wrong
        assert found.precision >= 0.95, found.wrong

    @pytest.mark.parametrize(
        ("name", "recall"),
        [
            ("confidential_hard", 0.9),
            ("confidential_hard_2", 0.9),
            ("confidential_hard_3", 0.9),
            ("confidential_last", 0.75),
        ],
    )
    def test_most_of_hard_messages_too(self, name: str, recall: float, detector: Detector) -> None:
        found = measure(name, detector)

        assert found.recall >= recall, found.wrong
        assert found.precision >= 0.95, found.wrong

    def test_ordinary_talks_are_hardly_ever_interrupted(self, detector: Detector) -> None:
        texts = told_by_owners()

        alarms = [text for text in texts if detector.find(text, ACCOUNT_WORDS)]

        assert len(texts) > 3000
        assert len(alarms) < len(texts) / 100, alarms

    def test_the_documentation_tells_these_figures(self, detector: Detector) -> None:
        told = (ROOT / "docs" / "line-detector.md").read_text(encoding="utf-8")

        assert table(detector) in told


class TestFind:
    def test_several_kinds_of_one_message_are_all_named(self, detector: Detector) -> None:
        text = "山田さんが鬱で休んでいます。連絡は０９０－１２３４－５６７８へ"

        assert {Kind.NAME, Kind.PHONE} <= detector.find(text)

    def test_a_sum_is_no_account_number(self, detector: Detector) -> None:
        assert detector.find("銀行から5000000円借りた", ACCOUNT_WORDS) == frozenset()

    @pytest.mark.parametrize("text", ["", "\n", "。。", "a" * 5000, "人" * 5000, "0" * 5000])
    def test_odd_texts_do_no_harm(self, text: str, detector: Detector) -> None:
        assert detector.find(text) == frozenset()

    def test_many_threads_may_ask_at_once(self, detector: Detector) -> None:
        texts = ["山田さんが辞めた", "人が足りない"] * 50

        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(detector.find, texts))

        assert found == [frozenset({Kind.NAME}), frozenset()] * 50


class TestWords:
    def test_a_missing_list_is_named(self, tmp_path: Path) -> None:
        broken = tmp_path / "words.yml"
        lines = WORDS_FILE.read_text(encoding="utf-8")
        broken.write_text(re.sub(r"(?m)^titles: .*\n", "", lines), encoding="utf-8")

        with pytest.raises(ValueError, match="missing or unknown lists: titles"):
            Words.load(broken)
