"""The measures of reading load, at their limits."""

import pytest

from advisor.knowledge import KnowledgeBase
from advisor.reading_load import LONGEST_SENTENCE, ReadingMarks, reading_marks, reading_problems

MARKS = ReadingMarks(
    sentence_ends=("。",),
    quote_marks=("「」",),
    plain_words=("インターンシップ", "就職氷河期世代"),
    hard_words=("KPI", "施策"),
    names=("関東経済産業局", "経済産業局"),
)


class TestSentenceLength:
    @pytest.mark.parametrize(("length", "count"), [(59, 0), (60, 0), (61, 1)])
    def test_the_limit_itself_is_allowed(self, length: int, count: int) -> None:
        text = "あ" * length + "。" + "い" * 10 + "。"

        assert len(reading_problems(text, MARKS)) == count

    def test_each_long_sentence_is_told_with_its_beginning(self) -> None:
        text = "あ" * 61 + "。" + "い" * 70

        problems = reading_problems(text, MARKS)

        assert problems[0].startswith(
            f"sentence of 61 characters; split it, at most {LONGEST_SENTENCE}"
        )
        assert problems[1].endswith("い" * 20 + "...")

    def test_lines_are_sentences_of_their_own(self) -> None:
        assert reading_problems("あ" * 40 + "\n" + "い" * 40, MARKS) == ()

    def test_an_official_name_and_a_placeholder_count_as_one_character(self) -> None:
        text = "関東経済産業局{placeholder}" + "あ" * 58

        assert reading_problems(text, MARKS) == ()
        assert len(reading_problems(text + "あ", MARKS)) == 1


class TestKanji:
    @pytest.mark.parametrize(("kanji", "count"), [(12, 0), (13, 1)])
    def test_more_than_the_share_is_told(self, kanji: int, count: int) -> None:
        words = "".join("人の" for _ in range(20 - kanji)) + "人" * (2 * kanji - 20)

        problems = reading_problems("".join(f"{c}、" for c in words), MARKS)

        assert len(problems) == count

    def test_short_labels_are_not_measured(self) -> None:
        assert reading_problems("会社、人手、人数", MARKS) == ()


class TestWords:
    @pytest.mark.parametrize(
        "text",
        [
            "インターンシップがあります。",
            "就職氷河期世代の方です。",
            "「サクセッションプラン」という名前です。",
            "ハイテクな人です。",
            "人手不足です。",
        ],
    )
    def test_known_quoted_and_short_words_pass(self, text: str) -> None:
        assert reading_problems(text, MARKS) == ()

    @pytest.mark.parametrize(
        ("text", "word"),
        [
            ("サクセッションを考えます。", "サクセッション"),
            ("人事評価制度です。", "人事評価制度"),
            ("KPIを決めます。", "KPI"),
            ("この施策です。", "施策"),
        ],
    )
    def test_a_word_that_owners_may_not_know_is_told_with_the_remedy(
        self, text: str, word: str
    ) -> None:
        (problem,) = reading_problems(text, MARKS)

        assert problem.startswith(f"'{word}' may not be known to owners")

    def test_a_hard_word_is_told_once(self) -> None:
        marks = ReadingMarks(
            sentence_ends=(), quote_marks=(), plain_words=(), hard_words=("リスキリング",), names=()
        )

        assert len(reading_problems("リスキリングです。リスキリングです。", marks)) == 1


class TestRealMarks:
    def test_names_of_programs_members_and_places_are_names(self, real: KnowledgeBase) -> None:
        names = reading_marks(real).names

        assert {"協栄信用組合", "常陸太田市", "新現役交流会（マネジメントメンター）"} <= set(names)
        assert list(map(len, names)) == sorted(map(len, names), reverse=True)
