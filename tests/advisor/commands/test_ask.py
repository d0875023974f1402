"""The interview at a terminal: what a person reads, types, and gets."""

import io
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from advisor.commands.ask import INTERRUPTED, Outlet, ask
from advisor.knowledge import KnowledgeBase
from advisor.situation import Situation

NOW = date(2026, 11, 22)
SEED_DAY = date(2023, 6, 15)
WANTS_OUTSIDERS = (
    Situation()
    .with_concern("core_talent", "番頭がいない")
    .with_fact("municipality", "燕市")
    .with_fact("prefecture", "新潟県")
    .with_fact("employees", 25)
    .with_fact("accepts_external_talent", value=True)
    .with_level("F1.applicants", 1)
)


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


def talk(
    kb: KnowledgeBase,
    *lines: str,
    on: date = NOW,
    situation: Situation | None = None,
    is_full: bool = False,
    save: Path | None = None,
) -> str:
    """Type lines, and read everything that was said."""
    stdout = io.StringIO()
    outlet = Outlet(
        stdin=io.StringIO("".join(f"{line}\n" for line in lines)), stdout=stdout, save=save
    )
    code = ask(kb, outlet, on=on, situation=situation or Situation(), is_full=is_full)
    assert code == 0
    return stdout.getvalue()


def saved(path: Path, kb: KnowledgeBase, *lines: str, **options: object) -> Situation:
    """Type lines, and read the situation that was saved."""
    talk(kb, *lines, save=path, **options)  # type: ignore[arg-type]
    return Situation.from_json(json.loads(path.read_text(encoding="utf-8")))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a situation is saved."""
    return tmp_path / "situation.json"


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


class TestResult:
    def test_each_recommendation_tells_why_where_and_from_what_source(
        self, real: KnowledgeBase
    ) -> None:
        said = talk(real, "やめる", situation=WANTS_OUTSIDERS)

        for part in ("理由：", "受け付け：", "最初の一歩：", "相談先：", "出典："):
            assert said.count(part) == 3
        assert "（「番頭がいない」とのことでした）" in said

    def test_what_is_not_known_is_told_as_its_question(self, real: KnowledgeBase) -> None:
        situation = Situation().with_concern("core_talent").with_fact("municipality", "燕市")

        said = talk(real, "やめる", situation=situation)

        text = real.questions["accepts_external_talent"].text
        assert f"まだわからないこと：{text}" in said

    def test_the_owners_words_stand_under_what_was_found(self, real: KnowledgeBase) -> None:
        said = talk(real, "やめる", situation=WANTS_OUTSIDERS)

        assert "「番頭がいない」というお話がありました" in said

    def test_without_anything_weak_the_trouble_is_told_with_what_is_good(
        self, real: KnowledgeBase
    ) -> None:
        situation = WANTS_OUTSIDERS
        for question in real.maturity["F1"]:
            situation = situation.with_level(question.id, 4)

        said = talk(real, "やめる", situation=situation)

        assert "大きく欠けているところは見えていません" in said
        assert real.dimensions["F1"].strong_text in said

    def test_a_middling_company_without_trouble_gets_no_made_up_finding(
        self, real: KnowledgeBase
    ) -> None:
        situation = Situation().with_fact("municipality", "横浜市").with_fact("employees", 9)

        said = talk(real, *(["わからない"] * 16), situation=situation, is_full=True)

        assert "はっきりしたことは見えていません" in said

    def test_before_anything_was_published_nothing_is_recommended(
        self, real: KnowledgeBase
    ) -> None:
        said = talk(real, "やめる", situation=WANTS_OUTSIDERS, on=date(1990, 1, 1))

        assert "いまの時点でお伝えできる支援は見つかりませんでした" in said

    def test_a_status_without_a_note_is_told_alone(self, real: KnowledgeBase) -> None:
        said = talk(real, "やめる", situation=Situation().with_concern("hiring"))

        assert "受け付け：" in said


class TestAmounts:
    def test_costs_and_people_are_asked_when_an_open_program_computes_an_amount(
        self, real: KnowledgeBase
    ) -> None:
        said = talk(real, "150万円", "2人", "2", on=SEED_DAY, situation=WANTS_OUTSIDERS)

        assert "いくらかける予定ですか" in said
        assert "何人の予定ですか" in said
        assert "1,500,000円 × 1/2 = 750,000円" in said

    def test_costs_are_not_asked_once_the_program_has_ended(self, real: KnowledgeBase) -> None:
        said = talk(real, "2", on=NOW, situation=WANTS_OUTSIDERS)

        assert "いくらかける予定ですか" not in said

    def test_costs_are_not_asked_when_no_rate_is_published_for_the_day(
        self, real: KnowledgeBase
    ) -> None:
        share = replace(real.parameters["side_job_b_share"], values=())
        base = replace(real, parameters={**real.parameters, "side_job_b_share": share})

        said = talk(base, "2", on=SEED_DAY, situation=WANTS_OUTSIDERS)

        assert "いくらかける予定ですか" not in said

    @pytest.mark.parametrize("typed", ["150", "50万円か100万円", "たくさん", "9999999999999円"])
    def test_unclear_costs_are_asked_again(self, real: KnowledgeBase, typed: str) -> None:
        said = talk(real, typed, on=SEED_DAY, situation=WANTS_OUTSIDERS)

        assert "額を「150万円」のように一つだけ" in said

    def test_unclear_people_are_asked_again(self, real: KnowledgeBase) -> None:
        said = talk(real, "150万円", "何人か", on=SEED_DAY, situation=WANTS_OUTSIDERS)

        assert "人数を「12人」のように" in said

    def test_costs_that_are_not_known_leave_the_amount_out(
        self, real: KnowledgeBase, file: Path
    ) -> None:
        said = talk(real, "まだわからない", "2", on=SEED_DAY, situation=WANTS_OUTSIDERS, save=file)

        assert "何人の予定ですか" not in said
        assert "額の目安" not in said
        assert "planned_costs_yen" in json.loads(file.read_text(encoding="utf-8"))["unknown"]

    def test_people_that_are_not_known_are_not_asked_twice(self, real: KnowledgeBase) -> None:
        said = talk(real, "150万円", "わからない", "2", on=SEED_DAY, situation=WANTS_OUTSIDERS)

        assert said.count("何人の予定ですか") == 1
        assert "額の目安" in said


class TestFullProfile:
    def test_declining_ends_with_the_eight_points(self, real: KnowledgeBase) -> None:
        said = talk(real, "いいえ", situation=WANTS_OUTSIDERS)

        points = said.partition("■ 8つの点")[2]
        assert all(d.plain_name in points for d in real.dimensions.values())

    @pytest.mark.parametrize("typed", ["1", "はい", "お願いします"])
    def test_accepting_asks_two_questions_a_point(
        self, real: KnowledgeBase, file: Path, typed: str
    ) -> None:
        situation = saved(file, real, typed, *(["1"] * 15), situation=WANTS_OUTSIDERS)

        assert situation.facts["full_profile"] is True
        for questions in real.maturity.values():
            assert sum(1 for q in questions if situation.knows(q.id)) == 2

    def test_levels_are_told_in_words(self, real: KnowledgeBase) -> None:
        said = talk(real, "1", *(["1"] * 15), situation=WANTS_OUTSIDERS)

        points = said.partition("■ 8つの点")[2]
        assert f"この段階の目安は「{real.dimensions['P1'].levels[4]}」（お答え2問）" in points

    def test_the_offer_is_not_repeated_after_the_profile(self, real: KnowledgeBase) -> None:
        said = talk(real, "1", *(["1"] * 15), situation=WANTS_OUTSIDERS)

        assert said.count("続けますか") == 1
        assert said.count("■ 合いそうな支援") == 2

    def test_an_unclear_answer_to_the_offer_is_asked_again(self, real: KnowledgeBase) -> None:
        said = talk(real, "ふにゃふにゃ", "", "2", situation=WANTS_OUTSIDERS)

        assert said.count("続けますか") == 3

    def test_back_at_the_offer_takes_the_last_answer_away(self, real: KnowledgeBase) -> None:
        before = WANTS_OUTSIDERS.without("F1.applicants")

        said = talk(real, "1", "戻る", "4", "2", situation=before)

        assert said.count(real.questions["F1.applicants"].text) == 2
        assert said.count("続けますか") == 2

    def test_stopping_at_the_offer_ends_with_the_eight_points(self, real: KnowledgeBase) -> None:
        assert "■ 8つの点" in talk(real, "やめる", situation=WANTS_OUTSIDERS)

    def test_full_asks_place_and_size_and_then_the_profile(
        self, real: KnowledgeBase, file: Path
    ) -> None:
        situation = saved(file, real, "燕市", "12人", *(["1"] * 16), is_full=True)

        assert situation.concerns == ()
        assert situation.facts["municipality"] == "燕市"
        assert len(situation.levels) == 16
