"""The interview step by step, the same for a person at a terminal and for a script."""

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from advisor.amounts import subsidy
from advisor.answer_text import AnswerText
from advisor.commands.situation_file import AMOUNT_FACTS, MOST_COSTS, MOST_PEOPLE
from advisor.consultation import Consultation, Heard
from advisor.consultation.questions import PLACE, Answered, Asked, read_answer, take_answer
from advisor.errors import AmountError, ParameterNotFoundError
from advisor.interpretation import interpret
from advisor.interview import (
    QUESTIONS_PER_DIMENSION,
    next_cause_question,
    next_profile_question,
    next_question,
    questions_left,
)
from advisor.knowledge import KnowledgeBase
from advisor.labels import EMPLOYEES, FULL_PROFILE, MUNICIPALITY, PREFECTURE
from advisor.logic import FactValue
from advisor.model import AnswerType, Choice, Program, Question, QuestionKind, Status
from advisor.numerals import NumberReader, count_people
from advisor.recommendation import PEOPLE_TAKEN_IN, PLANNED_COSTS, recommend
from advisor.situation import Situation

CONCERNS: Final = "concerns"
_OPENING: Final = (MUNICIPALITY, PREFECTURE, EMPLOYEES)
_LONGEST_TEXT: Final = 1_000
_LONGEST_NUMBER: Final = 3
_LEAST_COSTS: Final = 1_000
"""Below this a number is a sum without its unit, such as 150 for 150 times 10,000 yen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One question that waits for an answer."""

    question: Question
    kind: str
    """Kind of the question, or ``concerns`` or ``amount``."""
    left: int
    """About how many questions are still to come, this one included."""
    choices: tuple[Choice, ...]
    """What is offered: the question's choices, or the places that a name can mean."""

    @property
    def is_numbered(self) -> bool:
        """Tell whether a bare number names a choice, not a number of people."""
        return bool(self.choices) and self.question.type is not AnswerType.INTEGER


class Dialogue:
    """An interview under way; every answer can be taken back."""

    def __init__(
        self, kb: KnowledgeBase, *, on: dt.date, situation: Situation, is_full: bool = False
    ) -> None:
        """Begin with what is known already.

        Args:
            kb: The knowledge base.
            on: Date of the recommendation.
            situation: What is known about the company.
            is_full: Ask for the full profile instead of what decides.
        """
        self.kb = kb
        self.on = on
        self._state = Consultation(situation=situation)
        self._past: list[Consultation] = []
        if is_full:
            self._state = _with_full_profile(self._state)

    @property
    def situation(self) -> Situation:
        """What is known now."""
        return self._state.situation

    @property
    def is_full(self) -> bool:
        """Whether the full profile is asked for."""
        return self._state.is_full_profile

    def begin_profile(self) -> None:
        """Go on with the full profile."""
        self._move(_with_full_profile(self._state))

    def go_back(self) -> bool:
        """Take the last answer back; False when there is none."""
        if not self._past:
            return False
        self._state = self._past.pop()
        return True

    def step(self) -> Step | None:
        """Give what to ask now, or None when nothing is left to ask."""
        question = self._question()
        if question is None:
            return None
        kind = question.kind.value
        if question.id in (CONCERNS, PLANNED_COSTS, PEOPLE_TAKEN_IN):
            kind = CONCERNS if question.id == CONCERNS else "amount"
        choices = question.choices
        if question.id == PLACE:
            names = self._state.candidates
            choices = tuple(Choice(value=name, title=name, also=()) for name in names)
        return Step(question=question, kind=kind, left=self._left(question), choices=choices)

    def state_concerns(self, concerns: Iterable[str], quote: str = "") -> None:
        """Note stated concerns; without any the full profile is asked for."""
        self.note([(name, quote) for name in concerns], {})

    def note(
        self, concerns: Sequence[tuple[str, str]] | None, facts: Mapping[str, FactValue]
    ) -> None:
        """Note what is known to be right.

        Args:
            concerns: Concerns with quotes; none at all asks for the full profile, None says
                nothing about them.
            facts: Facts by key.
        """
        situation = self.situation
        for concern, quote in concerns or ():
            situation = situation.with_concern(concern, quote)
        for key, value in facts.items():
            situation = situation.with_fact(key, value)
        state = self._state.having(situation=situation, candidates=())
        is_without = concerns is not None and not situation.concerns
        self._move(_with_full_profile(state) if is_without else state)

    def take_text(self, step: Step, text: str) -> tuple[str, ...] | None:
        """Take an answer in words.

        Returns:
            What to say about it, often nothing; None when it cannot be read.
        """
        text = text[:_LONGEST_TEXT]
        if step.kind == CONCERNS:
            found = read_concerns(text, self.kb)
            if found is None:
                return None
            self.state_concerns(*found)
            return ()
        if step.kind == "amount":
            return self._take_amount(step, text)
        number = self._bare_number(step, text) or 0
        if 1 <= number <= len(step.choices):
            chosen = step.choices[number - 1]
            return self._take(step, chosen.value, chosen.title)
        if step.is_numbered and number == len(step.choices) + 1:
            return self.take_unknown(step)
        whole_place = self._read_whole_place(step, text)
        if whole_place is not None:
            return self._take(step, whole_place, text)
        asked = Asked(id=step.question.id, question=step.question)
        heard = Heard(text=text, intent="")
        answered = read_answer(self._state, asked, heard, self.kb)
        return None if answered is None else self._keep(answered)

    def take_value(self, step: Step, value: FactValue) -> tuple[str, ...]:
        """Take a value that fits the question."""
        return self._take(step, value, "")

    def take_unknown(self, step: Step) -> tuple[str, ...]:
        """Take that the owner does not know."""
        situation = self.situation.with_unknown(step.question.id)
        self._move(self._state.having(situation=situation, candidates=()))
        return ()

    def _take(self, step: Step, value: FactValue, quote: str) -> tuple[str, ...]:
        asked = Asked(id=step.question.id, question=step.question)
        return self._keep(take_answer(self._state, asked, value, quote, self.kb))

    def _take_amount(self, step: Step, text: str) -> tuple[str, ...] | None:
        answer = AnswerText(step.question, text, self.kb, None, ())
        if answer.mentions_dont_know():
            return self.take_unknown(step)
        reader = NumberReader(self.kb)
        if step.question.id == PEOPLE_TAKEN_IN:
            number = count_people(answer.folded, reader, self.kb)
            least, most = 1, MOST_PEOPLE
        else:
            found = reader.find(answer.folded)
            number = found[0].value if len(found) == 1 else None
            least, most = _LEAST_COSTS, MOST_COSTS
        if number is None or not least <= number <= most:
            return None
        return self._take(step, number, text)

    def _read_whole_place(self, step: Step, text: str) -> str | None:
        """Read a municipality told with its prefecture, which tells namesakes apart."""
        if step.question.id != PLACE:
            return None
        reading = interpret(step.question, text, self.kb)
        if reading.prefecture is None or reading.value is None:
            return None
        name = f"{reading.prefecture}{reading.value}"
        return name if len(self.kb.places.resolve(name)) == 1 else None

    def _bare_number(self, step: Step, text: str) -> int | None:
        """Read a number that names a choice and says nothing else, so that it is no quote."""
        core = AnswerText(step.question, text, self.kb, None, ()).core
        for mark in self.kb.word_list("ordinal_marks"):
            core = core.removesuffix(mark)
        is_number = core.isdecimal() and len(core) <= _LONGEST_NUMBER
        return int(core) if is_number and step.is_numbered else None

    def _keep(self, answered: Answered) -> tuple[str, ...]:
        self._move(answered.state)
        return tuple(
            self.kb.wording(f"terminal.{say.response}", **say.arguments) for say in answered.say
        )

    def _move(self, state: Consultation) -> None:
        self._past.append(self._state)
        self._state = state

    def _question(self) -> Question | None:
        situation, kb = self.situation, self.kb
        if self.is_full:
            everything = len(kb.questions) + 1
            question = next_question(situation, kb, on=self.on, patience=everything)
            if question is None or question.key not in _OPENING:
                question = next_profile_question(situation, kb)
        elif not situation.concerns:
            return _concerns_question(kb)
        else:
            question = next_question(situation, kb, on=self.on)
            question = question or next_cause_question(situation, kb)
        return question or self._amount_question()

    def _amount_question(self) -> Question | None:
        """Give what an amount still lacks, if a recommended open program has one."""
        situation, kb = self.situation, self.kb
        rules = [
            program.amount
            for item in recommend(situation, kb, on=self.on)
            if item.status is Status.OPEN
            for program in (kb.programs[item.program_id],)
            if program.amount is not None and self._can_compute(program)
        ]
        if not rules:
            return None
        if not situation.knows(PLANNED_COSTS):
            return _amount_question(PLANNED_COSTS, kb.wording("terminal.ask_costs"))
        has_person_cap = any(rule.cap_per_person is not None for rule in rules)
        is_wanted = has_person_cap and PLANNED_COSTS in situation.facts
        if is_wanted and not situation.knows(PEOPLE_TAKEN_IN):
            return _amount_question(PEOPLE_TAKEN_IN, kb.wording("terminal.ask_people"))
        return None

    def _can_compute(self, program: Program) -> bool:
        try:
            subsidy(program, self.kb, costs_yen=[_LEAST_COSTS], on=self.on)
        except (AmountError, ParameterNotFoundError):
            return False
        return True

    def _left(self, question: Question) -> int:
        if question.id in AMOUNT_FACTS:
            return 1
        situation, kb = self.situation, self.kb
        if self.is_full:
            place_and_size = (MUNICIPALITY, EMPLOYEES)
            count = sum(1 for key in place_and_size if not situation.knows(key))
            for questions in kb.maturity.values():
                done = sum(1 for q in questions if situation.knows(q.id))
                count += max(0, min(QUESTIONS_PER_DIMENSION, len(questions)) - done)
            return max(count, 1)
        estimate = questions_left(situation, kb, on=self.on)
        if question.id == CONCERNS:
            return estimate + 1
        linked = {d for s in situation.concerns for d in kb.concerns[s.concern].dimensions}
        causes = sum(1 for d in linked if not any(situation.knows(q.id) for q in kb.maturity[d]))
        return max(estimate, causes, 1)


def read_concerns(text: str, kb: KnowledgeBase) -> tuple[tuple[str, ...], str] | None:
    """Read concerns by their numbers in the list, and the words after the numbers.

    Returns:
        The ids (none for 0) and the words; None when a number is missing or not in the list.
    """
    text = "".join(f" {int(unicodedata.numeric(c))} " if _is_circled(c) else c for c in text)
    marks = "|".join(map(re.escape, kb.word_list("terminal.number_marks")))
    pattern = re.compile(rf"[\W_]*(\d++)(?:{marks})*+(?![^\W\d_])")
    found: list[str] = []
    end = 0
    while match := pattern.match(text, end):
        found.append(match.group(1))
        end = match.end()
    names = list(kb.concerns)
    numbers = [int(digits) for digits in found if len(digits) <= _LONGEST_NUMBER]
    if not found or len(numbers) < len(found) or max(numbers) > len(names):
        return None
    if 0 in numbers:
        return None if any(numbers) else ((), "")
    clause_marks = "".join(kb.word_list("clause_marks"))
    quote = text[end:].strip().lstrip(clause_marks + ":").strip()
    return tuple(dict.fromkeys(names[number - 1] for number in numbers)), quote


def _is_circled(character: str) -> bool:
    """Tell whether a character is a number in a circle or in brackets."""
    return unicodedata.category(character) == "No" and unicodedata.numeric(character).is_integer()


def _with_full_profile(state: Consultation) -> Consultation:
    situation = state.situation.with_fact(FULL_PROFILE, value=True)
    return state.having(situation=situation, is_full_profile=True)


def _concerns_question(kb: KnowledgeBase) -> Question:
    return Question(
        id=CONCERNS,
        key=CONCERNS,
        kind=QuestionKind.FACT,
        type=AnswerType.CHOICE,
        text=kb.wording("terminal.ask_concerns"),
        choices=tuple(
            Choice(value=concern.id, title=concern.heard, also=())
            for concern in kb.concerns.values()
        ),
        decides=False,
    )


def _amount_question(key: str, text: str) -> Question:
    return Question(
        id=key,
        key=key,
        kind=QuestionKind.FACT,
        type=AnswerType.INTEGER,
        text=text,
        choices=(),
        decides=False,
    )
