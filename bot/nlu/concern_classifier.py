"""Which concerns a message states; any number, whatever its intent."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import (
    INTENT,
    INTENT_NAME_KEY,
    INTENT_RANKING_KEY,
    PREDICTED_CONFIDENCE_KEY,
)
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.calibration import LabelCurve
from bot.nlu.classifier_component import ClassifierComponent, example_metadata, features_of
from bot.nlu.encoder import VECTOR_SIZE, SentenceEncoder
from bot.nlu.entities import add_entities, entity
from bot.nlu.features import FeatureRow, Reading
from bot.nlu.keys import NORMALISED
from bot.nlu.ridge import RidgeModel, fit_ridge
from bot.nlu.satisfaction import is_satisfied
from bot.nlu.stack import Stack
from bot.nlu.text import Span
from bot.nlu.text_featurizer import MessageFeatures

_MODEL_FILE, _STACK_FILE = "ridge.npz", "stack.npz"
_CURVE_FILE, _LABELS_FILE = "curve.npz", "labels.json"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class ConcernClassifier(ClassifierComponent, EntityExtractorMixin):
    """One yes or no for each concern, each with a threshold of its own.

    The training labels are the `concerns` in the metadata of the sentences; a sentence without
    them states none. An entity's span is the clause that speaks most for its concern.

    Sentences of most intents hardly ever state a concern, and some concerns are easily taken for
    each other: a second stage (`Stack`) reads the scores of all concerns and intents together.
    The component must stand after the intent classifier.

    Config:
        penalty: Smoothness of the ridge model.
        least_score: A message that must state a concern, by its intent, is given its likeliest
            one down to this probability.
        clause_intents: Intents whose messages often add a concern to something else, such as
            the facts of a company. Where the whole states none, each clause is read by itself.
        clause_margin: How much more than its threshold a concern needs in a clause by itself.
        long_chars: In a message longer than this that states a trouble, the clauses are read
            too: the second and third trouble of a long message are drowned by the first.
        beside_margin: How much more than its threshold such a concern needs in its clause ...
        beside_share: ... and the share of its threshold that it needs in the whole message.
    """

    _labels: list[str]
    _intent_rates: dict[str, float]
    _model: RidgeModel
    _stack: Stack
    _curve: LabelCurve

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The configuration used where config.yml says nothing."""
        return {
            "penalty": 0.5,
            "least_score": 0.12,
            "clause_intents": ["inform_company", "state_concern"],
            "clause_margin": 0.05,
            "long_chars": 30,
            "beside_margin": 0.2,
            "beside_share": 0.4,
        }

    def fit(self, messages: list[Message]) -> None:
        """Learn concerns from all sentences with words, as intents are learnt."""
        messages = [message for message in messages if message.get(NORMALISED).has_words]
        stated = [set(example_metadata(message).get("concerns", ())) for message in messages]
        self._labels = sorted(set().union(*stated))
        self._intent_rates = {}
        if not self._labels:
            return
        intents = [message.get(INTENT) for message in messages]
        self._intent_rates = {
            intent: float(np.mean([bool(own) for own, of in zip(stated, intents) if of == intent]))
            for intent in sorted(set(intents))
        }
        targets = np.array([[label in own for label in self._labels] for own in stated], float)
        of_intent = np.array([[name == of for name in self._intent_rates] for of in intents], float)
        features = [features_of(message) for message in messages]
        model, left_out = fit_ridge(
            [item.row for item in features],
            np.hstack([targets, of_intent]),
            columns=features[0].space.columns,
            penalty=float(self._config["penalty"]),
        )
        self._model = model
        self._stack, unseen = Stack.fit(left_out, targets)
        self._curve = LabelCurve.fit(unseen, targets)

    def store(self, folder: Path) -> None:
        """Write the model into a folder."""
        content = {"labels": self._labels, "intent_rates": self._intent_rates}
        (folder / _LABELS_FILE).write_text(json.dumps(content), encoding="utf-8")
        if not self._labels:
            return
        self._model.save(folder / _MODEL_FILE)
        self._stack.save(folder / _STACK_FILE)
        np.savez(
            folder / _CURVE_FILE,
            thresholds=self._curve.thresholds,
            slopes=self._curve.slopes,
            offsets=self._curve.offsets,
        )

    def restore(self, folder: Path) -> None:
        """Read the model from a folder."""
        content = json.loads((folder / _LABELS_FILE).read_text(encoding="utf-8"))
        self._labels, self._intent_rates = content["labels"], content["intent_rates"]
        if not self._labels:
            return
        self._model = RidgeModel.load(folder / _MODEL_FILE)
        self._stack = Stack.load(folder / _STACK_FILE)
        with np.load(folder / _CURVE_FILE, allow_pickle=False) as arrays:
            self._curve = LabelCurve(**{name: arrays[name] for name in arrays.files})

    def process(self, messages: list[Message]) -> list[Message]:
        """Add an entity for each concern."""
        for message in messages:
            if self._labels and message.get(NORMALISED).has_words:
                add_entities(message, self._entities(message), self.name)
        return messages

    def _entities(self, message: Message) -> list[dict[str, Any]]:
        """The concerns of a message, each with the span of its clause."""
        features = features_of(message)
        reading, troubled = _troubled_part(features)
        if not troubled:
            return []
        row = features.row if reading is features.reading else features.space.row(reading)
        expected = self._expected(message)
        scores = self._probabilities([row])[0]
        stated = np.flatnonzero(scores > self._curve.thresholds)
        if not len(stated) and expected > 0.5 and scores.max() > float(self._config["least_score"]):
            stated = np.array([scores.argmax()])
        if not len(stated) and self._may_add_concerns(message, troubled):
            scores = self._clause_scores(features, troubled)
            least = self._curve.thresholds + float(self._config["clause_margin"])
            stated = np.flatnonzero(scores > least)
        elif expected > 0.5 and self._is_long(reading, troubled):
            stated = np.union1d(stated, self._beside(features, troubled, scores))
        if not len(stated):
            return []
        confidences = self._curve.probabilities(scores)
        spans = self._spans(features, troubled, stated)
        text = message.get(NORMALISED)
        return [
            entity(
                "concern",
                self._labels[label],
                text.to_original(span.start, span.end),
                confidences[label],
            )
            for label, span in zip(stated, spans)
        ]

    def _is_long(self, reading: Reading, troubled: list[int]) -> bool:
        """Whether a message may state more troubles than its whole shows."""
        return len(troubled) > 1 and len(reading.text) > int(self._config["long_chars"])

    def _beside(
        self, features: MessageFeatures, troubled: list[int], scores: np.ndarray
    ) -> np.ndarray:
        """Concerns that one clause clearly states and the whole message at least hints at."""
        thresholds = self._curve.thresholds
        by_clause = self._clause_scores(features, troubled)
        is_clear = by_clause > thresholds + float(self._config["beside_margin"])
        return np.flatnonzero(
            is_clear & (scores > thresholds * float(self._config["beside_share"]))
        )

    def _may_add_concerns(self, message: Message, troubled: list[int]) -> bool:
        """Whether the clauses of a message are worth reading one by one."""
        intent = (message.get(INTENT) or {}).get(INTENT_NAME_KEY)
        return len(troubled) > 1 and intent in self._config["clause_intents"]

    def _clause_scores(self, features: MessageFeatures, troubled: list[int]) -> np.ndarray:
        """For each concern the highest score that a clause by itself gets."""
        reading = features.reading
        vectors = SentenceEncoder.shared().encode([reading.clauses[i].text for i in troubled])
        rows = [
            features.space.row(reading.part([index], vector))
            for index, vector in zip(troubled, vectors)
        ]
        highest: np.ndarray = self._probabilities(rows).max(axis=0)
        return highest

    def _expected(self, message: Message) -> float:
        """How likely a message states some concern, by the ranking of its intents."""
        return sum(
            item[PREDICTED_CONFIDENCE_KEY] * self._intent_rates.get(item[INTENT_NAME_KEY], 0.0)
            for item in message.get(INTENT_RANKING_KEY) or ()
        )

    def _probabilities(self, rows: Sequence[FeatureRow]) -> np.ndarray:
        """Text by concern: how likely each is stated, before the curve of each concern."""
        return self._stack.probabilities(np.stack([self._model.scores(row) for row in rows]))

    def _spans(
        self, features: MessageFeatures, troubled: list[int], stated: np.ndarray
    ) -> list[Span]:
        """For each concern the clause with its highest score; it alone may count.

        The clauses are told apart by their words: encoding each would double the time of a parse.
        """
        reading = features.reading
        best = np.zeros(len(stated), dtype=int)
        if len(troubled) > 1:
            nothing = np.zeros(VECTOR_SIZE, dtype=np.float32)
            rows = [features.space.row(reading.part([index], nothing)) for index in troubled]
            best = np.stack([self._model.scores(row)[stated] for row in rows]).argmax(axis=0)
        clauses = [reading.clauses[troubled[index]] for index in best]
        return [_trimmed(reading.text, clause.start, clause.end) for clause in clauses]


def _troubled_part(features: MessageFeatures) -> tuple[Reading, list[int]]:
    """The message without the clauses that say that all is well, and the clauses left."""
    reading = features.reading
    indexes = range(len(reading.clauses))
    troubled = [index for index in indexes if not is_satisfied(reading.clauses[index].text)]
    if not troubled or len(troubled) == len(reading.clauses):
        return reading, troubled
    rest = " ".join(reading.clauses[index].text for index in troubled)
    return reading.part(troubled, SentenceEncoder.shared().encode([rest])[0]), troubled


def _trimmed(text: str, start: int, end: int) -> Span:
    """A span without white space and stops at its ends."""
    while end > start and text[end - 1] in " \n、。…":
        end -= 1
    while start < end and text[start] in " \n、。…":
        start += 1
    return Span(start, end)
