"""Component that turns what earlier ones found into the features of the classifiers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.facts import program_entries
from bot.nlu.features import FeatureRow, FeatureSpace, Reading
from bot.nlu.fingerprint import code_fingerprint, files_fingerprint
from bot.nlu.keys import CLAUSES, FACTS, FEATURES, NORMALISED, VECTORS, WORDS
from bot.nlu.lookup import read_lookup
from bot.nlu.sentences import sentences_of


class MessageFeatures:
    """The features of a message, and the means to get those of parts of it."""

    def __init__(self, space: FeatureSpace, message: Message) -> None:
        """Compute the row of the whole message."""
        text = message.get(NORMALISED).text
        self.space = space
        self.reading = Reading(
            text=text,
            words=message.get(WORDS),
            clauses=message.get(CLAUSES),
            vectors=message.get(VECTORS),
            facts=message.get(FACTS),
            cues=space.find_cues(text),
        )
        self.row: FeatureRow = space.row(self.reading)

    def fingerprint(self) -> str:
        """Text that changes with the message, which Rasa asks of values on messages."""
        return f"features of {self.reading.text}"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class TextFeaturizer(GraphComponent):
    """Learns the feature space and puts the features on messages.

    Config:
        lookup: Folder of the lookup files, from the project root.
    """

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        space: FeatureSpace | None = None,
    ) -> None:
        """Keep the settings; a loaded component has its space already."""
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._space = space

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The configuration used where config.yml says nothing."""
        return {"lookup": "bot/data/lookup"}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> TextFeaturizer:
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
    ) -> TextFeaturizer:
        """Make the component from the space in the model."""
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, FeatureSpace.load(folder))

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Retrain when the code or the cues change."""
        config = {**cls.get_default_config(), **config}
        files = sorted(Path(config["lookup"]).glob("*.yml"))
        return code_fingerprint() + files_fingerprint(files)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the space from the training sentences."""
        lookup = Path(self._config["lookup"])
        cues = read_lookup(lookup / "cues.yml") | read_lookup(lookup / "aspects.yml")
        programs = sorted(program_entries(read_lookup(lookup / "programs.yml")))
        readings = [_plain_reading(message) for message in sentences_of(training_data)]
        self._space = FeatureSpace.fit(readings, cues, programs)
        with self._model_storage.write_to(self._resource) as folder:
            self._space.save(folder)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Add features to messages."""
        if self._space is None:
            raise RuntimeError("TextFeaturizer: no feature space; it is used before it was trained")
        for message in messages:
            message.set(FEATURES, MessageFeatures(self._space, message))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add features to the training sentences."""
        self.process(sentences_of(training_data))
        return training_data


def _plain_reading(message: Message) -> Reading:
    """What is known of a message before there is a feature space."""
    return Reading(
        text=message.get(NORMALISED).text,
        words=message.get(WORDS),
        clauses=message.get(CLAUSES),
        vectors=message.get(VECTORS),
        facts=message.get(FACTS),
        cues=(),
    )
