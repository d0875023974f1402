"""Consultations on the real knowledge base, driven as an owner would."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from advisor.consultation import (
    CardOut,
    Consultation,
    Heard,
    QuestionOut,
    Reply,
    Say,
    respond,
)
from advisor.consultation.output import Button
from advisor.knowledge import KnowledgeBase, load_knowledge
from advisor.loading import load_yaml
from advisor.retrieval.passages import Passage

ROOT = Path(__file__).parents[3]
TODAY = date(2026, 11, 24)


@cache
def knowledge() -> KnowledgeBase:
    return load_knowledge(ROOT / "knowledge")


@cache
def responses() -> Mapping[str, Any]:
    found: Mapping[str, Any] = load_yaml(ROOT / "domain.yml")["responses"]
    return found


class Interview:
    """One consultation; refuses to answer a question that was not asked."""

    def __init__(self, *, on: date = TODAY, kb: KnowledgeBase | None = None) -> None:
        self.kb = kb or knowledge()
        self.on = on
        self.state = Consultation()
        self.reply = Reply(state=self.state)
        self.without_intake: frozenset[str] = frozenset()

    def say(
        self,
        text: str,
        intent: str,
        *,
        confidence: float = 0.9,
        is_button: bool = False,
        entities: Sequence[Mapping[str, Any]] = (),
        passage: Passage | None = None,
    ) -> "Interview":
        """A message understood as told."""
        heard = Heard(
            text=text,
            intent=intent,
            confidence=confidence,
            entities=entities,
            is_button=is_button,
            find_passage=lambda: passage,
            without_intake=self.without_intake,
        )
        self.reply = respond(self.state, heard, self.kb, on=self.on)
        self.state = Consultation.from_json(self.reply.state.to_json())
        return self

    def concern(self, *concerns: str, text: str = "困っています") -> "Interview":
        entities = [{"entity": "concern", "value": c} for c in concerns]
        return self.say(text, "state_concern", entities=entities)

    def choose(self, key: str, value: Any) -> "Interview":
        """Press the button of this value under the question that is asked now."""
        question = self.question
        assert question is not None, "no question is asked"
        assert key in {question.key, question.id}, f"asked is {question.id}, not {key}"
        titles = {c["value"]: c["title"] for c in question.choices}
        assert value in titles, f"{value!r} is not among {list(titles)}"
        entities = [
            {"entity": "question", "value": question.id},
            {"entity": "value", "value": value},
        ]
        return self.say(titles[value], "choose", is_button=True, entities=entities)

    def press(self, title: str) -> "Interview":
        """Press a button under the last messages; its payload is `/intent{entities}`."""
        payloads = {button.title: button.payload for button in self.buttons}
        assert title in payloads, f"{title} is not among {list(payloads)}"
        intent, brace, rest = payloads[title].removeprefix("/").partition("{")
        values = json.loads(brace + rest) if brace else {}
        entities = [{"entity": key, "value": value} for key, value in values.items()]
        return self.say(payloads[title], intent, confidence=1.0, is_button=True, entities=entities)

    def place(self, name: str) -> "Interview":
        assert self.question is not None
        assert self.question.key == "municipality"
        entities = [{"entity": "municipality", "value": name}]
        return self.say(name, "inform_company", entities=entities)

    @property
    def question(self) -> QuestionOut | None:
        questions = [u for u in self.reply.utterances if isinstance(u, QuestionOut)]
        assert len(questions) <= 1, "two questions in one turn"
        return questions[0] if questions else None

    @property
    def responses(self) -> list[str | None]:
        return [u.response for u in self.reply.utterances if isinstance(u, (Say, CardOut))]

    @property
    def texts(self) -> list[str]:
        return [u.text for u in self.reply.utterances if isinstance(u, Say) and u.text]

    @property
    def buttons(self) -> list[Button]:
        """The buttons under messages and cards, without the choices of a question."""
        said = [u for u in self.reply.utterances if isinstance(u, (Say, CardOut))]
        return [button for utterance in said for button in utterance.buttons]

    @property
    def titles(self) -> list[str]:
        return [button.title for button in self.buttons]

    @property
    def words(self) -> str:
        """Everything the owner reads in this turn, line by line."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        for utterance in self.reply.utterances:
            if isinstance(utterance, QuestionOut):
                yield utterance.text
                continue
            if utterance.response is not None:
                texts = responses()[f"utter_{utterance.response}"]
                yield texts[0]["text"].format(**utterance.arguments)
            if utterance.text is not None:
                yield utterance.text

    def card(self, kind: str) -> Mapping[str, Any]:
        cards = [u.card for u in self.reply.utterances if isinstance(u, CardOut)]
        found = [card for card in cards if card["kind"] == kind]
        assert found, f"no {kind} card; shown were {[c['kind'] for c in cards]}"
        return found[0]

    def answer_until(self, key: str, *, most: int = 30) -> "Interview":
        """Answer every question with its last real choice until `key` is asked."""
        for _ in range(most):
            question = self.question
            assert question is not None, f"{key} was never asked"
            if key in {question.key, question.id}:
                return self
            values = [c["value"] for c in question.choices]
            self.choose(question.id, values[-2] if len(values) > 1 else values[-1])
        raise AssertionError(f"{key} was not asked within {most} questions")


@pytest.fixture
def interview() -> Interview:
    return Interview()
