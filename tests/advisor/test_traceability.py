"""Every sentence of advice traces to a source: all texts an owner can get are walked."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import combinations

import pytest

from advisor.answers import answer_program, answer_topic
from advisor.consultation.cards import recommendations_card
from advisor.knowledge import KnowledgeBase
from advisor.labels import ASPECTS
from advisor.owner_texts import TextKind, owner_texts
from advisor.recommendation import recommend
from advisor.situation import Situation

QUOTE = "若い人が続かなくて困っている"
DAYS = [
    date(2023, 6, 15),
    date(2023, 8, 17),
    date(2023, 8, 18),
    date(2026, 11, 22),
    date(2027, 4, 1),
]
FRAMES = ("advice.", "answer.", "amount.", "status.")
NUMBER = re.compile(r"[0-9,]+(?:/[0-9]+)?")


class Tracer:
    """Takes a sentence apart into sourced texts and the frames around them."""

    def __init__(self, kb: KnowledgeBase) -> None:
        self.kb = kb
        facts = [t for t in owner_texts(kb) if t.kind is TextKind.FACT and t.source in kb.sources]
        self.atoms = {self.plain(t.text) for t in facts}
        self.atoms |= {hub.short_name for hub in kb.hubs.values()} | {QUOTE}
        self.sentences = {s for t in facts for s in self.split(t.text)}
        self.frames = [
            self.compiled(sentence)
            for name, text in kb.texts.items()
            if name.startswith(FRAMES)
            for sentence in (text, *self.split(text))
        ]

    @staticmethod
    def plain(text: str) -> str:
        return text.strip().rstrip("。")

    def split(self, text: str) -> list[str]:
        return [self.plain(part) for part in re.split(r"(?<=。)", text) if part.strip()]

    def compiled(self, frame: str) -> re.Pattern[str]:
        parts = re.split(r"(\{\w+\})", self.plain(frame))
        body = "".join("(.+?)" if p.startswith("{") else re.escape(p) for p in parts)
        return re.compile(f"{body}")

    def is_traced(self, text: str, depth: int = 3) -> bool:
        text = self.plain(text)
        if not text or text in self.atoms or text in self.sentences or NUMBER.fullmatch(text):
            return True
        if depth == 0:
            return False
        for frame in self.frames:
            match = frame.fullmatch(text)
            if match and frame.pattern != "(.+?)" and self.are_traced(match.groups(), depth):
                return True
        joined = text.split("、")
        return len(joined) > 1 and all(self.is_traced(part, depth - 1) for part in joined)

    def are_traced(self, values: tuple[str, ...], depth: int) -> bool:
        return all(self.is_traced(value, depth - 1) for value in values)

    def untraced(self, text: str) -> list[str]:
        if self.is_traced(text):
            return []
        return [s for s in self.split(text) if not self.is_traced(s)]


@pytest.fixture(scope="module")
def tracer(real: KnowledgeBase) -> Tracer:
    return Tracer(real)


def border_days(kb: KnowledgeBase) -> list[date]:
    """Every day on which something begins, ends or must be checked, and its neighbours."""
    found = set(DAYS)
    for program in kb.programs.values():
        for state in program.states:
            for day in filter(None, (state.since, state.verify_by)):
                found |= {day - timedelta(days=1), day, day + timedelta(days=1)}
    for source in kb.sources.values():
        found |= {source.verify_by, source.verify_by + timedelta(days=1)}
    return sorted(found)


def situations(kb: KnowledgeBase) -> Iterator[Situation]:
    facts = {"planned_costs_yen": 1_230_000, "people_taken_in": 2}
    for number, pair in enumerate(combinations(kb.concerns, 2)):
        situation = Situation().with_concern(pair[0], QUOTE).with_concern(pair[1])
        for key, value in facts.items():
            situation = situation.with_fact(key, value)
        situation = situation.with_fact("municipality", ("燕市", "水戸市", "三島市")[number % 3])
        for index, question in enumerate(kb.questions.values()):
            if question.is_maturity and (index + number) % 4 == 0:
                level = int(question.choices[number % len(question.choices)].value)
                situation = situation.with_level(question.id, level, QUOTE if number % 2 else "")
            elif question.decides and question.choices and (index + number) % 3:
                situation = situation.with_fact(question.key, question.choices[0].value)
        yield situation


class TestKnowledge:
    def test_every_stated_fact_has_a_dated_source(self, real: KnowledgeBase) -> None:
        without = [
            f"{text.place}: {text.key}"
            for text in owner_texts(real)
            if text.kind is TextKind.FACT and text.source not in real.sources
        ]

        assert without == []

    def test_a_text_without_a_source_would_be_found(self, real: KnowledgeBase) -> None:
        tracer = Tracer(real)

        assert tracer.untraced("よろず支援拠点は有料です。") == ["よろず支援拠点は有料です"]
        assert tracer.untraced("この支援は終了しています。来年また始まります。") == [
            "来年また始まります"
        ]


class TestAnswers:
    def test_every_answer_on_every_border_day_is_traced(
        self, real: KnowledgeBase, tracer: Tracer
    ) -> None:
        untraced = {}
        for day in border_days(real):
            for program_id in real.programs:
                for aspect in ASPECTS:
                    answer = answer_program(program_id, aspect, real, on=day)
                    if found := tracer.untraced(answer.text):
                        untraced[program_id, aspect, day] = found
                    assert answer.is_published is (answer.source is not None)

        assert untraced == {}

    def test_every_topic_is_traced(self, real: KnowledgeBase, tracer: Tracer) -> None:
        answers = [answer_topic(topic, real, on=day) for topic in real.topics for day in DAYS]

        assert [found for answer in answers if (found := tracer.untraced(answer.text))] == []
        assert all(answer.source is not None for answer in answers)


class TestRecommendations:
    @pytest.mark.parametrize("day", DAYS)
    def test_every_sentence_of_a_recommendation_is_traced(
        self, real: KnowledgeBase, tracer: Tracer, day: date
    ) -> None:
        untraced = []
        count = 0
        for situation in situations(real):
            card = recommendations_card(recommend(situation, real, on=day), real, day)
            for item in card["items"]:
                count += 1
                texts = [
                    item["reason"], item["title"], item["summary"], item["first_step"],
                    item["contact"], item["status_note"] or "", item["amount_working"] or "",
                    *item["unknown_texts"], *item["steps"], *item["cautions"],
                ]  # fmt: skip
                untraced += [found for text in texts if (found := tracer.untraced(text))]
                assert item["source"]["date"]

        assert count > 150
        assert untraced == []

    def test_amounts_are_among_what_is_walked(self, real: KnowledgeBase) -> None:
        items = [
            item
            for situation in situations(real)
            for item in recommend(situation, real, on=date(2023, 6, 15))
        ]

        assert {i.program_id for i in items if i.amount_yen is not None} >= {"side_job_b"}
