"""Which measure a question is about, and what the owner wants to know of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.calibration import Calibration
from bot.nlu.classifier_component import ClassifierComponent, example_metadata, features_of
from bot.nlu.entities import add_entities, entity
from bot.nlu.features import FeatureRow
from bot.nlu.keys import NORMALISED
from bot.nlu.lookup import Alias
from bot.nlu.ridge import RidgeModel, balanced_weights, fit_ridge
from bot.nlu.text import Span
from bot.nlu.text_featurizer import MessageFeatures

_LABELS_FILE = "labels.json"
_NO_PROGRAM = "none"


class _Choice:
    """One classifier: which of some labels a question has."""

    def __init__(self, labels: list[str], model: RidgeModel, calibration: Calibration) -> None:
        self.labels = labels
        self.model = model
        self.calibration = calibration

    @classmethod
    def fit(
        cls, features: Sequence[MessageFeatures], targets: list[str], penalty: float
    ) -> _Choice:
        labels = sorted(set(targets))
        model, left_out = fit_ridge(
            [item.row for item in features],
            np.array([[label == target for label in labels] for target in targets], float),
            columns=features[0].space.columns,
            penalty=penalty,
            text_weights=balanced_weights(targets, 0.5),
        )
        return cls(labels, model, Calibration.fit(left_out, targets, labels))

    def probabilities(self, row: FeatureRow) -> dict[str, float]:
        values = self.calibration.probabilities(self.model.scores(row))
        return {label: float(value) for label, value in zip(self.labels, values)}

    def store(self, folder: Path, name: str) -> None:
        self.model.save(folder / f"{name}.npz")
        np.savez(
            folder / f"{name}_calibration.npz",
            weights=self.calibration.weights,
            bias=self.calibration.bias,
        )

    @classmethod
    def restore(cls, folder: Path, name: str, labels: list[str]) -> _Choice:
        with np.load(folder / f"{name}_calibration.npz", allow_pickle=False) as arrays:
            calibration = Calibration(arrays["weights"], arrays["bias"])
        return cls(labels, RidgeModel.load(folder / f"{name}.npz"), calibration)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class ProgramClassifier(ClassifierComponent, EntityExtractorMixin):
    """Emits `program` and `aspect`; it must stand after the intent classifier.

    A name of a measure decides by itself, whatever the intent. Without one, the classifiers
    trained on the metadata of the question intent's sentences decide, for that intent alone.

    Config:
        intent: The intent of questions about measures.
        default_aspect: Aspect of a question that asks for nothing in particular.
        penalty: Smoothness of the ridge models.
        threshold: Least probability of a measure that is not named.
    """

    _program: _Choice | None = None
    _aspect: _Choice | None = None

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The configuration used where config.yml says nothing."""
        return {
            "intent": "ask_program",
            "default_aspect": "overview",
            "penalty": 0.5,
            "threshold": 0.35,
        }

    def fit(self, messages: list[Message]) -> None:
        """Learn from the sentences of the question intent."""
        questions = [message for message in messages if message.get(INTENT) == self._intent]
        if not questions:
            return
        features = [features_of(message) for message in questions]
        metadata = [example_metadata(message) for message in questions]
        penalty = float(self._config["penalty"])
        programs = [str(item.get("program", _NO_PROGRAM)) for item in metadata]
        self._program = _Choice.fit(features, programs, penalty)
        default = str(self._config["default_aspect"])
        aspects = [str(item.get("aspect", default)) for item in metadata]
        self._aspect = _Choice.fit(features, aspects, penalty)

    def store(self, folder: Path) -> None:
        """Write the models into a folder."""
        choices = {"program": self._program, "aspect": self._aspect}
        labels = {name: choice.labels for name, choice in choices.items() if choice}
        (folder / _LABELS_FILE).write_text(json.dumps(labels), encoding="utf-8")
        for name, choice in choices.items():
            if choice:
                choice.store(folder, name)

    def restore(self, folder: Path) -> None:
        """Read the models from a folder."""
        labels = json.loads((folder / _LABELS_FILE).read_text(encoding="utf-8"))
        if labels:
            self._program = _Choice.restore(folder, "program", labels["program"])
            self._aspect = _Choice.restore(folder, "aspect", labels["aspect"])

    def process(self, messages: list[Message]) -> list[Message]:
        """Add measure and aspect to messages."""
        for message in messages:
            if message.get(NORMALISED).has_words:
                add_entities(message, self._entities(message), self.name)
        return messages

    @property
    def _intent(self) -> str:
        return str(self._config["intent"])

    def _entities(self, message: Message) -> list[dict[str, Any]]:
        text = message.get(NORMALISED)
        features = features_of(message)
        is_question = (message.get(INTENT) or {}).get(INTENT_NAME_KEY) == self._intent
        everything = Span(0, len(text.text))
        found = []
        named = self._named(features)
        if named:
            program, span = named
            found.append(entity("program", program, text.to_original(span.start, span.end)))
        elif is_question and self._program:
            program, probability = _likeliest(self._program.probabilities(features.row))
            if program != _NO_PROGRAM and probability >= float(self._config["threshold"]):
                span = text.to_original(everything.start, everything.end)
                found.append(entity("program", program, span, probability))
        if is_question and self._aspect:
            aspect, probability = _likeliest(self._aspect.probabilities(features.row))
            span = text.to_original(everything.start, everything.end)
            found.append(entity("aspect", aspect, span, probability))
        return found

    def _named(self, features: MessageFeatures) -> tuple[str, Span] | None:
        """The measure named in the message; of several, the one the classifier finds likeliest."""
        names = [alias for alias in features.reading.facts.programs if alias.is_name]
        candidates: dict[str, Alias] = {}
        for alias in names:
            for program in alias.target.split("|"):
                candidates.setdefault(program, alias)
        if not candidates:
            return None
        if len(candidates) == 1 or self._program is None:
            program = next(iter(candidates))
        else:
            probabilities = self._program.probabilities(features.row)
            program = max(candidates, key=lambda item: probabilities.get(item, 0.0))
        return program, candidates[program].span


def _likeliest(probabilities: dict[str, float]) -> tuple[str, float]:
    return max(probabilities.items(), key=lambda item: item[1])
