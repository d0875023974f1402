"""Rasa entities for place, prefecture, industry, employees and case number."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.entities import add_entities, entity
from bot.nlu.facts import FactFinder, Facts, is_prefecture
from bot.nlu.fingerprint import code_fingerprint, files_fingerprint
from bot.nlu.keys import FACTS, NORMALISED
from bot.nlu.sentences import sentences_of
from bot.nlu.text import NormalisedText

_TABLES_FILE = "tables.json"


# Registered as a featurizer too: the classifiers use the facts as features, so the recipe has to
# run this component over the training sentences.
@DefaultV1Recipe.register(
    [
        DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER,
        DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR,
    ],
    is_trainable=True,
)
class FactExtractor(GraphComponent, EntityExtractorMixin):
    """Finds facts by tables and rules; "training" copies the tables into the model.

    Config:
        lookup: Folder of the lookup files, from the project root.
        places: Folder of the place tables, from the project root.
    """

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        finder: FactFinder | None = None,
    ) -> None:
        """Keep where the tables are; a loaded component has its finder already."""
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._finder = finder

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The configuration used where config.yml says nothing."""
        return {"lookup": "bot/data/lookup", "places": "knowledge/places"}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> FactExtractor:
        """Make an untrained component."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> FactExtractor:
        """Make the component from the tables in the model."""
        with model_storage.read_from(resource) as folder:
            tables = json.loads((folder / _TABLES_FILE).read_text(encoding="utf-8"))
        return cls(config, model_storage, resource, FactFinder(tables))

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Retrain when the code or a table changes."""
        config = {**cls.get_default_config(), **config}
        folders = (Path(config["lookup"]), Path(config["places"]))
        paths = [path for folder in folders for path in sorted(folder.glob("*.yml"))]
        return code_fingerprint() + files_fingerprint(paths)

    def train(self, training_data: TrainingData) -> Resource:
        """Read the tables and put them into the model."""
        self._finder = FactFinder.from_folders(
            lookup=Path(self._config["lookup"]), places=Path(self._config["places"])
        )
        with self._model_storage.write_to(self._resource) as folder:
            tables = json.dumps(self._finder.tables, ensure_ascii=False)
            (folder / _TABLES_FILE).write_text(tables, encoding="utf-8")
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add facts, but no entities, to the training sentences."""
        for message in sentences_of(training_data):
            self._find(message)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Add facts and their entities to messages."""
        for message in messages:
            facts = self._find(message)
            add_entities(message, facts_as_entities(facts, message.get(NORMALISED)), self.name)
        return messages

    def _find(self, message: Message) -> Facts:
        if self._finder is None:
            raise RuntimeError("FactExtractor: no tables; it is used before it was trained")
        facts = self._finder.find(message.get(NORMALISED).text)
        message.set(FACTS, facts)
        return facts


def facts_as_entities(facts: Facts, text: NormalisedText) -> list[dict[str, Any]]:
    """Rasa entities, at most one of each kind, with offsets into the original text."""
    entities = _place_entities(facts, text)
    if facts.industry:
        span = text.to_original(facts.industry.span.start, facts.industry.span.end)
        entities.append(
            entity(
                "industry",
                text.original[span.start : span.end],
                span,
                **{"class": facts.industry.code, "class_name": facts.industry.name},
            )
        )
    if facts.employees:
        span = text.to_original(facts.employees.span.start, facts.employees.span.end)
        entities.append(entity("employees", facts.employees.value, span))
    if facts.case_number:
        span = text.to_original(facts.case_number.span.start, facts.case_number.span.end)
        entities.append(entity("case_number", facts.case_number.value, span))
    return entities


def _place_entities(facts: Facts, text: NormalisedText) -> list[dict[str, Any]]:
    """Municipality as it is called, or as stated when several are possible; prefecture if named."""
    place = facts.place
    if place is None:
        return []
    span = text.to_original(place.start, place.end)
    entities = []
    if not is_prefecture(place):
        details: dict[str, Any] = {"outside": True} if place.kind.value == "outside" else {}
        if place.ambiguous:
            details |= {"ambiguous": True, "candidates": list(place.candidates)}
        entities.append(entity("municipality", place.name, span, **details))
    if facts.prefecture:
        entities.append(entity("prefecture", facts.prefecture.prefecture, span))
    return entities
