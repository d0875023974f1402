"""The interview in the terminal: concerns, answers, steering."""

import io
import json
from pathlib import Path

import pytest

from advisor.commands.ask import INTERRUPTED, Outlet, ask
from advisor.knowledge import KnowledgeBase
from advisor.situation import Situation
from tests.advisor.commands.talks import NOW, saved, talk

BEFORE_APPLICANTS = (
    Situation()
    .with_concern("hiring")
    .with_fact("municipality", "燕市")
    .with_fact("prefecture", "新潟県")
    .with_fact("employees", 12)
    .with_fact("hires_midcareer_or_ice_age", value=True)
)
"""A company that is asked about applicants next."""


class Interrupting(io.StringIO):
    """A keyboard on which Ctrl-C follows the typed lines."""

    def readline(self, size: int | None = -1, /) -> str:
        line = super().readline(-1 if size is None else size)
        if not line:
            raise KeyboardInterrupt
        return line


class TestConcerns:
    def test_troubles_are_listed_by_number(self, real: KnowledgeBase) -> None:
        said = talk(real)

        first = next(iter(real.concerns.values()))
        assert f"1. {first.heard}" in said

    @pytest.mark.parametrize(
        "typed", ["4 8", "４、８", "4,8", "4と8", "4番、8番", "④⑧", " 4・8 ", "4番目と8番目"]
    )
    def test_several_troubles_can_be_named_at_once(
        self, real: KnowledgeBase, file: Path, typed: str
    ) -> None:
        situation = saved(file, real, typed)

        assert [s.concern for s in situation.concerns] == ["hiring", "engagement"]
        assert {s.quote for s in situation.concerns} == {""}

    @pytest.mark.parametrize(
        "typed", ["8 3年で辞めてしまう", "８、3年で辞めてしまう", "8: 3年で辞めてしまう"]
    )
    def test_words_after_the_numbers_are_kept_as_the_quote(
        self, real: KnowledgeBase, file: Path, typed: str
    ) -> None:
        situation = saved(file, real, typed)

        assert [(s.concern, s.quote) for s in situation.concerns] == [
            ("engagement", "3年で辞めてしまう")
        ]

    @pytest.mark.parametrize(
        "typed", ["人が来ない", "13", "", "1 99", "0 1", "1234", "9" * 5000, "3人辞めた"]
    )
    def test_what_names_no_trouble_is_asked_again_with_what_to_do(
        self, real: KnowledgeBase, file: Path, typed: str
    ) -> None:
        said = talk(real, typed, save=file)

        assert "0から12の番号で選んでください" in said
        assert said.count("どんなことでお困りですか") == 2

    @pytest.mark.parametrize(
        ("typed", "heard"),
        [
            ("4", "募集しても人が集まらないことでお困りなのですね"),
            ("4 8", "働く人が続かないことの両方でお困りなのですね"),
            ("4 8 7", "など、いくつも重なって"),
        ],
    )
    def test_what_was_heard_is_said_back(self, real: KnowledgeBase, typed: str, heard: str) -> None:
        assert heard in talk(real, typed)

    def test_zero_goes_to_the_full_profile(self, real: KnowledgeBase, file: Path) -> None:
        situation = saved(file, real, "0", "燕市", "12人", "1")

        assert situation.facts["full_profile"] is True
        assert len(situation.levels) == 1

    def test_known_troubles_are_not_asked(self, real: KnowledgeBase) -> None:
        said = talk(real, situation=Situation().with_concern("hiring"))

        assert "どんなことでお困りですか" not in said
        assert real.questions["municipality"].text in said


class TestAnswers:
    def test_the_number_of_questions_left_falls(self, real: KnowledgeBase) -> None:
        said = talk(real, "4", "燕市", "12人")

        counts = [int(part.partition("問")[0]) for part in said.split("（あと")[1:]]
        assert counts == sorted(counts, reverse=True)
        assert counts[-1] >= 1

    def test_a_choice_by_number_is_quoted_by_its_words(
        self, real: KnowledgeBase, file: Path
    ) -> None:
        situation = saved(file, real, "２番", situation=BEFORE_APPLICANTS)

        assert situation.levels["F1.applicants"] == 3
        assert situation.quotes["F1.applicants"] == "募集していない"

    def test_a_choice_in_words_is_quoted_as_typed(self, real: KnowledgeBase, file: Path) -> None:
        before = BEFORE_APPLICANTS

        situation = saved(file, real, "全然来ないんです", situation=before)

        assert situation.levels["F1.applicants"] == 0
        assert situation.quotes["F1.applicants"] == "全然来ないんです"

    @pytest.mark.parametrize("typed", ["わからない", "5"])
    def test_not_knowing_is_noted(self, real: KnowledgeBase, file: Path, typed: str) -> None:
        situation = saved(file, real, typed, situation=BEFORE_APPLICANTS)

        assert "F1.applicants" in situation.unknown

    @pytest.mark.parametrize("typed", ["ふにゃふにゃ", "6", "", "99999"])
    def test_an_unreadable_choice_is_asked_again(self, real: KnowledgeBase, typed: str) -> None:
        said = talk(real, typed, situation=BEFORE_APPLICANTS)

        assert "1から5の番号か、選択肢の言葉で答えてください" in said
        assert said.count(real.questions["F1.applicants"].text) == 2

    def test_a_number_of_people_is_no_number_of_a_choice(
        self, real: KnowledgeBase, file: Path
    ) -> None:
        situation = saved(file, real, "4", "燕市", "3")

        assert situation.facts["employees"] == 3

    def test_an_unreadable_number_of_people_is_asked_again(self, real: KnowledgeBase) -> None:
        assert "人数を「12人」のように" in talk(real, "4", "燕市", "ふつう")

    def test_an_unreadable_place_is_asked_again(self, real: KnowledgeBase) -> None:
        assert "市町村の名前を「新潟県燕市」のように" in talk(real, "4", "ふにゃふにゃ")

    def test_an_unreadable_prefecture_is_asked_again(self, real: KnowledgeBase) -> None:
        said = talk(real, "4", "わからない", "ふにゃふにゃ")

        assert "都道府県の名前を「新潟県」のように" in said

    def test_a_prefecture_alone_asks_for_the_municipality(
        self, real: KnowledgeBase, file: Path
    ) -> None:
        said = talk(real, "4", "新潟県", "燕市", save=file)

        assert "新潟県ですね。市町村の名前も教えてください。" in said
        assert '"municipality": "燕市"' in file.read_text(encoding="utf-8")

    @pytest.mark.parametrize("typed", ["2", "長野県南牧村", "長野の南牧です", "②"])
    def test_an_ambiguous_place_is_asked_back(
        self, real: KnowledgeBase, file: Path, typed: str
    ) -> None:
        said = talk(real, "4", "南牧", typed, "12人", save=file)

        assert "「南牧」に当てはまるところは、一つに決まりません" in said
        assert "2. 長野県南牧村" in said
        facts = json.loads(file.read_text(encoding="utf-8"))["facts"]
        assert (facts["municipality"], facts["prefecture"]) == ("南牧村", "長野県")
        assert facts["employees"] == 12

    def test_a_place_that_stays_unclear_is_asked_back_again(self, real: KnowledgeBase) -> None:
        assert "1から3の番号か、選択肢の言葉で" in talk(real, "4", "南牧", "ふにゃふにゃ")


class TestSteering:
    @pytest.mark.parametrize("typed", ["戻る", "もどる", "ＢＡＣＫ"])
    def test_back_takes_the_last_answer_away(
        self, real: KnowledgeBase, file: Path, typed: str
    ) -> None:
        said = talk(real, "4", "燕市", typed, save=file)

        assert said.count(real.questions["municipality"].text) == 2
        assert "燕市" not in file.read_text(encoding="utf-8")

    def test_back_leads_to_the_list_of_troubles(self, real: KnowledgeBase) -> None:
        assert talk(real, "4", "戻る").count("どんなことでお困りですか") == 2

    def test_back_before_the_first_answer_says_so(self, real: KnowledgeBase) -> None:
        assert "これより前の質問はありません" in talk(real, "戻る")

    def test_stopping_tells_what_is_known(self, real: KnowledgeBase) -> None:
        said = talk(real, "4 8", "燕市", "やめる", "12人")

        assert "ここまでにします" in said
        assert "■ 合いそうな支援（3件）" in said
        assert "続きを答えていただくと、合う支援が変わることがあります" in said
        assert said.rstrip().endswith("まだ伺っていません")

    def test_stopping_when_nothing_can_change_does_not_speak_of_changes(
        self, real: KnowledgeBase
    ) -> None:
        settled = BEFORE_APPLICANTS

        said = talk(real, "やめる", situation=settled)

        assert "ここまでにします" in said
        assert "合う支援が変わることがあります" not in said

    def test_stopping_at_once_tells_that_nothing_is_known(self, real: KnowledgeBase) -> None:
        said = talk(real, "やめる")

        assert "まだ何も伺っていない" in said
        assert "■ 合いそうな支援" not in said

    def test_the_end_of_the_input_stops(self, real: KnowledgeBase) -> None:
        assert "ここまでにします" in talk(real, "4", "燕市")

    def test_an_interruption_saves_what_was_said(self, real: KnowledgeBase, file: Path) -> None:
        stdout = io.StringIO()
        outlet = Outlet(stdin=Interrupting("4\n燕市\n"), stdout=stdout, save=file)

        code = ask(real, outlet, on=NOW, situation=Situation())

        assert code == INTERRUPTED
        assert "中断しました" in stdout.getvalue()
        assert '"municipality": "燕市"' in file.read_text(encoding="utf-8")

    def test_a_file_that_cannot_be_written_is_known_before_the_first_question(
        self, real: KnowledgeBase, tmp_path: Path
    ) -> None:
        stdout = io.StringIO()
        outlet = Outlet(stdin=io.StringIO("4\n"), stdout=stdout, save=tmp_path / "no" / "x.json")

        with pytest.raises(FileNotFoundError):
            ask(real, outlet, on=NOW, situation=Situation())

        assert stdout.getvalue() == ""

    def test_an_older_file_stays_until_the_end(self, real: KnowledgeBase, file: Path) -> None:
        file.write_text("older", encoding="utf-8")

        Outlet(stdin=io.StringIO(), stdout=io.StringIO(), save=file).check()

        assert file.read_text(encoding="utf-8") == "older"

    def test_a_saved_talk_can_be_gone_on_with(self, real: KnowledgeBase, file: Path) -> None:
        before = saved(file, real, "4 応募がない", "燕市")

        said = talk(real, situation=before)

        assert real.questions["employees"].text in said
        assert "応募がない" in said
