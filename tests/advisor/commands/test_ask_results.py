"""The interview in the terminal: results, amounts, the full profile."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from advisor.knowledge import KnowledgeBase
from advisor.situation import Situation
from tests.advisor.commands.talks import NOW, saved, talk

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
