"""Which of the intents a message is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.classifiers.classifier import IntentClassifier as RasaIntentClassifier
from rasa.shared.nlu.constants import (
    INTENT,
    INTENT_NAME_KEY,
    INTENT_RANKING_KEY,
    PREDICTED_CONFIDENCE_KEY,
)
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.calibration import Calibration
from bot.nlu.classifier_component import ClassifierComponent, features_of
from bot.nlu.encoder import SentenceEncoder
from bot.nlu.facts import NO_FACTS
from bot.nlu.features import FeatureRow
from bot.nlu.keys import NORMALISED
from bot.nlu.ridge import RidgeModel, balanced_weights, fit_ridge
from bot.nlu.text_featurizer import MessageFeatures

_MODEL_FILE, _CALIBRATION_FILE, _LABELS_FILE = "ridge.npz", "calibration.npz", "labels.json"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class IntentClassifier(ClassifierComponent, RasaIntentClassifier):
    """Kernel ridge over all features, made into probabilities by logistic regression.

    Config:
        penalty: Smoothness of the ridge model.
        balance: How far rare intents are lifted, 0 to 1.
        ranking_length: Intents shown in `intent_ranking`.
        refusal_share: The refusing intent is taken from this share of the likeliest one's
            probability on: a strange message that looks a little like each of many intents has
            no high probability for any.
        wordless_intent: The refusing intent, also of a message without letters or digits that
            no sentence has.
        wordless_confidence: Its confidence, low: the bot should ask back.
        facts_intent: The intent of messages that state facts of the company. Where such a
            message has clauses beside the facts, these are read by themselves.
        trouble_intent: The intent that the message is given where those clauses have it.
    """

    _labels: list[str]
    _wordless: dict[str, str]
    _model: RidgeModel
    _calibration: Calibration

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The configuration used where config.yml says nothing."""
        return {
            "penalty": 1.0,
            "balance": 0.75,
            "ranking_length": 10,
            "refusal_share": 0.2,
            "wordless_intent": "out_of_scope",
            "wordless_confidence": 0.3,
            "facts_intent": "inform_company",
            "trouble_intent": "state_concern",
        }

    def fit(self, messages: list[Message]) -> None:
        """Learn intents from all sentences with words; the others are kept by heart."""
        self._wordless = {
            message.get(NORMALISED).text: message.get(INTENT)
            for message in messages
            if not message.get(NORMALISED).has_words
        }
        worded = [message for message in messages if message.get(NORMALISED).has_words]
        intents = [message.get(INTENT) for message in worded]
        self._labels = sorted(set(intents))
        features = [features_of(message) for message in worded]
        self._model, left_out = fit_ridge(
            [item.row for item in features],
            np.array([[label == intent for label in self._labels] for intent in intents], float),
            columns=features[0].space.columns,
            penalty=float(self._config["penalty"]),
            text_weights=balanced_weights(intents, float(self._config["balance"])),
        )
        self._calibration = Calibration.fit(left_out, intents, self._labels)

    def store(self, folder: Path) -> None:
        """Write the model into a folder."""
        self._model.save(folder / _MODEL_FILE)
        np.savez(
            folder / _CALIBRATION_FILE,
            weights=self._calibration.weights,
            bias=self._calibration.bias,
        )
        content = {"labels": self._labels, "wordless": self._wordless}
        text = json.dumps(content, ensure_ascii=False)
        (folder / _LABELS_FILE).write_text(text, encoding="utf-8")

    def restore(self, folder: Path) -> None:
        """Read the model from a folder."""
        self._model = RidgeModel.load(folder / _MODEL_FILE)
        with np.load(folder / _CALIBRATION_FILE, allow_pickle=False) as arrays:
            self._calibration = Calibration(arrays["weights"], arrays["bias"])
        content = json.loads((folder / _LABELS_FILE).read_text(encoding="utf-8"))
        self._labels, self._wordless = content["labels"], content["wordless"]

    def process(self, messages: list[Message]) -> list[Message]:
        """Set intent and ranking."""
        for message in messages:
            ranking = self._rank(message)[: int(self._config["ranking_length"])]
            message.set(INTENT, ranking[0], add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        return messages

    def _rank(self, message: Message) -> list[dict[str, Any]]:
        """All intents with their probabilities, the likeliest first."""
        text = message.get(NORMALISED)
        if text.has_words:
            features = features_of(message)
            ranking = self._refused(self._ranking_of(features.row))
            return (
                self._beside_facts(features) or ranking if self._states_facts(ranking) else ranking
            )
        if text.text in self._wordless:
            first, confidence = self._wordless[text.text], 1.0
        else:
            first = str(self._config["wordless_intent"])
            confidence = float(self._config["wordless_confidence"])
        others = [label for label in self._labels if label != first]
        rest = (1.0 - confidence) / max(1, len(others))
        return _ranking([first, *others], np.array([confidence, *(rest for _ in others)]))

    def _ranking_of(self, row: FeatureRow) -> list[dict[str, Any]]:
        return _ranking(self._labels, self._calibration.probabilities(self._model.scores(row)))

    def _states_facts(self, ranking: list[dict[str, Any]]) -> bool:
        return bool(ranking[0][INTENT_NAME_KEY] == self._config["facts_intent"])

    def _beside_facts(self, features: MessageFeatures) -> list[dict[str, Any]] | None:
        """The ranking of what stands beside the facts of the company, if that is a trouble.

        「応募が来ません。日立で鉄工所、12人です」 is a trouble with facts, though most of its words
        are those of facts.
        """
        reading = features.reading
        rest = reading.beside_facts()
        if not rest or len(rest) == len(reading.clauses):
            return None
        text = " ".join(reading.clauses[index].text for index in rest)
        vector = SentenceEncoder.shared().encode([text])[0]
        ranking = self._ranking_of(features.space.row(reading.part(rest, vector, facts=NO_FACTS)))
        is_trouble = ranking[0][INTENT_NAME_KEY] == self._config["trouble_intent"]
        return ranking if is_trouble else None

    def _refused(self, ranking: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The ranking with the refusing intent first, if it comes near enough to the likeliest."""
        least = float(self._config["refusal_share"]) * ranking[0][PREDICTED_CONFIDENCE_KEY]
        for index, item in enumerate(ranking):
            is_refusal = item[INTENT_NAME_KEY] == self._config["wordless_intent"]
            if is_refusal and item[PREDICTED_CONFIDENCE_KEY] >= least:
                return [item, *ranking[:index], *ranking[index + 1 :]]
        return ranking


def _ranking(labels: list[str], probabilities: np.ndarray) -> list[dict[str, Any]]:
    order = np.argsort(-probabilities, kind="stable")
    return [
        {INTENT_NAME_KEY: labels[index], PREDICTED_CONFIDENCE_KEY: float(probabilities[index])}
        for index in order
    ]
