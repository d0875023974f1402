"""The number of questions to come: an estimate that ends in the truth."""

import random

from advisor.consultation import money
from advisor.consultation.progress import questions_to_come
from tests.advisor.consultation.conftest import TODAY, Interview, knowledge

PLACES = ("燕市", "松本市", "前橋市", "甲府市")


def told(seed: int) -> list[int]:
    """The numbers that an owner is told who answers at random, question by question."""
    chance, interview = random.Random(seed), Interview()
    interview.concern(*chance.sample(list(knowledge().concerns), chance.choice([1, 1, 2, 3])))
    numbers: list[int] = []
    while interview.question is not None and interview.question.key != "full_profile":
        question = interview.question
        assert question.left is not None
        numbers.append(question.left)
        if question.key == "municipality":
            interview.place(chance.choice(PLACES))
        elif question.key == "employees":
            size = chance.choice([5, 25, 80, 200])
            entities = [{"entity": "employees", "value": size}]
            interview.say(f"{size}人", "inform_company", entities=entities)
        else:
            interview.choose(question.id, chance.choice(question.choices)["value"])
    return numbers


class TestInterview:
    def test_number_is_near_the_truth_and_the_last_question_is_known_as_the_last(self) -> None:
        errors: list[int] = []
        for seed in range(12):
            numbers = told(seed)
            assert numbers[-1] == 1, numbers
            truth = range(len(numbers), 0, -1)
            errors += [abs(left - real) for left, real in zip(numbers, truth, strict=True)]

        assert sum(errors) / len(errors) < 1
        assert max(errors) <= 4

    def test_hurry_makes_it_fewer(self, interview: Interview) -> None:
        interview.concern("hiring")
        assert interview.question is not None
        slow = interview.question.left

        interview.say("時間がないので手短に", "out_of_scope")

        assert interview.question is not None
        assert slow is not None
        assert interview.question.left is not None
        assert interview.question.left < slow

    def test_offer_of_the_full_profile_has_none_and_the_profile_has(
        self, interview: Interview
    ) -> None:
        interview.concern("hiring").place("燕市").answer_until("full_profile")
        assert interview.question is not None
        assert interview.question.left is None

        interview.choose("full_profile", True)
        first = interview.question.left
        assert first is not None
        interview.choose(interview.question.id, interview.question.choices[0]["value"])
        assert interview.question.left == first - 1


class TestHandOff:
    def test_number_falls_to_the_last_yes(self, interview: Interview) -> None:
        interview.say("人と話したい", "talk_to_human")
        numbers: list[int | None] = []
        while interview.question is not None:
            numbers.append(interview.question.left)
            key = interview.question.key
            if key == "send_case":
                break
            if key == "municipality":
                interview.place("燕市")
            elif key in {"company_name", "contact_name"}:
                interview.say("山田金属", "out_of_scope", confidence=0.4)
            elif key == "contact_email":
                interview.say("taro@example.jp", "out_of_scope", confidence=0.4)
            else:
                interview.choose(key, True)

        assert numbers[-1] == 1
        assert numbers[1:] == list(range(len(numbers) - 1, 0, -1))

    def test_nothing_is_told_while_nothing_or_something_else_is_asked(
        self, interview: Interview
    ) -> None:
        assert questions_to_come(interview.state, interview.kb, on=TODAY) is None
        costs = interview.state.having(pending=sorted(money.KEYS)[0])
        assert questions_to_come(costs, interview.kb, on=TODAY) is None
