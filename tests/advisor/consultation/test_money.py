"""Amounts from what the owner says."""

from dataclasses import replace
from datetime import date

import pytest

from advisor.consultation import Phase
from advisor.consultation.money import Costs, read_costs
from tests.advisor.consultation.conftest import Interview, knowledge

OPEN_DAY = date(2023, 6, 15)


def asking(program: str, text: str = "いくらもらえますか", *, on: date = OPEN_DAY) -> Interview:
    entities = [
        {"entity": "program", "value": program},
        {"entity": "aspect", "value": "amount"},
    ]
    return Interview(on=on).say(text, "ask_program", entities=entities)


class TestReadCosts:
    @pytest.mark.parametrize(
        ("text", "yen", "people"),
        [
            ("80万円です", (800_000,), None),
            ("８０万円くらい", (800_000,), None),
            ("八十万円", (800_000,), None),
            ("1,200,000円", (1_200_000,), None),
            ("2人で80万円", (800_000,), 2),
            ("120万円ずつ3人", (1_200_000,) * 3, None),
            ("一人あたり120万円で2名", (1_200_000,) * 2, None),
            ("1人120万円で2人", (1_200_000,) * 2, None),
            ("100万円の人と40万円の人", (1_000_000, 400_000), None),
            ("30万円ずつ", (300_000,), None),
        ],
    )
    def test_sums_and_people_are_read(
        self, text: str, yen: tuple[int, ...], people: int | None
    ) -> None:
        assert read_costs(text, knowledge()) == Costs(yen=yen, people=people)

    @pytest.mark.parametrize("text", ["", "わからない", "150", "3人です", "2割くらい"])
    def test_what_is_no_sum_is_not_read(self, text: str) -> None:
        assert read_costs(text, knowledge()) is None


class TestAnswer:
    def test_without_costs_the_rule_is_told_and_the_costs_are_asked(self) -> None:
        interview = asking("side_job_a")

        assert "上限は1社当たり100万円" in interview.card("program")["text"]
        assert interview.question is not None
        assert interview.question.key == "planned_costs_yen"

    def test_costs_in_the_question_are_computed_at_once(self) -> None:
        interview = asking("side_job_a", "就業規則の相談に80万円かかる。いくら出る？")

        card = interview.card("amount")
        assert (card["yen"], card["status"]) == (400_000, "open")
        assert card["source"]["date"] == "2023-06-01"
        assert "補助の見込みは400,000円です。" in interview.words

    def test_told_costs_are_computed_with_the_sum_shown(self) -> None:
        interview = asking("side_job_a").say("220万円です", "inform_company")

        card = interview.card("amount")
        assert card["yen"] == 1_000_000
        assert card["working"].startswith("2,200,000円 × 1/2 = 1,100,000円")

    def test_a_cap_for_each_person_needs_the_number_of_people(self) -> None:
        interview = asking("side_job_b").say("200万円", "inform_company")
        assert interview.question is not None
        assert interview.question.key == "people_taken_in"

        interview.say("2人", "inform_company")

        assert interview.card("amount")["yen"] == 1_000_000

    def test_without_the_number_of_people_the_cap_of_one_holds(self) -> None:
        interview = (
            asking("side_job_b")
            .say("200万円", "inform_company")
            .choose("people_taken_in", "unknown")
        )

        assert interview.card("amount")["yen"] == 500_000

    def test_people_with_costs_of_their_own_are_capped_apart(self) -> None:
        interview = asking("side_job_b", "140万円の人と20万円の人だといくら")

        assert interview.card("amount")["yen"] == 600_000

    def test_frames_are_computed_side_by_side(self) -> None:
        interview = asking("joint_course", "講座に900万円かかります。いくら出ますか")

        cards = [u.card for u in interview.reply.utterances if hasattr(u, "card")]
        assert [(c["title"][-6:], c["yen"]) for c in cards] == [
            ("助（通常枠）", 3_000_000),
            ("処遇反映枠）", 4_500_000),
        ]

    def test_not_knowing_the_costs_leads_on(self) -> None:
        interview = asking("side_job_a").choose("planned_costs_yen", "unknown")

        assert interview.question is None
        assert interview.words

    def test_an_unclear_sum_is_asked_again(self) -> None:
        interview = asking("side_job_a").say("まあまあかな", "affirm", confidence=0.2)

        assert interview.question is not None
        assert interview.question.key == "planned_costs_yen"

    @pytest.mark.parametrize(
        ("program", "on"),
        [
            ("side_job_a", date(2023, 8, 18)),
            ("joint_course", date(2026, 11, 22)),
            ("skill_up_secondment", date(2026, 11, 22)),
            ("yorozu", date(2026, 11, 22)),
        ],
    )
    def test_where_nothing_may_be_computed_only_the_text_is_told(
        self, program: str, on: date
    ) -> None:
        interview = asking(program, "80万円かかる。いくら出る？", on=on)

        assert interview.question is None
        assert interview.card("program")["aspect"] == "amount"
        assert "planned_costs_yen" not in interview.state.situation.facts

    def test_an_open_program_without_a_published_rate_is_not_computed(self) -> None:
        kb = knowledge()
        share = kb.parameters["side_job_a_share"]
        later = replace(share, values=(replace(share.values[0], since=date(2023, 7, 1)),))
        base = replace(kb, parameters={**kb.parameters, share.id: later})
        entities = [
            {"entity": "program", "value": "side_job_a"},
            {"entity": "aspect", "value": "amount"},
        ]

        interview = Interview(on=OPEN_DAY, kb=base).say(
            "80万円だと？", "ask_program", entities=entities
        )

        assert interview.card("program")["aspect"] == "amount"

    def test_a_large_bare_number_is_a_sum(self) -> None:
        interview = asking("side_job_a").say("800000", "inform_company")

        assert interview.card("amount")["yen"] == 400_000

    def test_costs_told_once_are_not_asked_again(self) -> None:
        interview = asking("side_job_a", "80万円かかる。いくら？")

        interview.say(
            "さっきのは？", "ask_program", entities=[{"entity": "aspect", "value": "amount"}]
        )

        assert interview.card("amount")["yen"] == 400_000

    def test_while_another_question_waits_nothing_new_is_asked(self) -> None:
        interview = Interview(on=OPEN_DAY).concern("hiring")
        waiting = interview.question

        interview.say(
            "副業の補助金はいくら？",
            "ask_program",
            entities=[
                {"entity": "program", "value": "side_job_b"},
                {"entity": "aspect", "value": "amount"},
            ],
        )

        assert interview.question == waiting
        assert interview.state.phase is Phase.ASKING

    def test_while_another_question_waits_costs_are_computed_for_one(self) -> None:
        interview = Interview(on=OPEN_DAY).concern("hiring")

        interview.say(
            "副業の補助金、200万円だといくら？",
            "ask_program",
            entities=[
                {"entity": "program", "value": "side_job_b"},
                {"entity": "aspect", "value": "amount"},
            ],
        )

        assert interview.card("amount")["yen"] == 500_000
