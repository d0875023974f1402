"""First component of the pipeline: one spelling for everything that follows."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.fingerprint import code_fingerprint
from bot.nlu.keys import NORMALISED
from bot.nlu.sentences import sentences_of
from bot.nlu.text import normalise


# Registered as a featurizer because the recipe runs only tokenizers and featurizers over the
# training sentences; it must come before the tokenizer there too.
@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class JapaneseNormaliser(GraphComponent):
    """Stores the normalised text on each message; the message's own text stays as typed.

    Config:
        max_chars: Code points of a message that are looked at (2,000).
    """

    def __init__(self, config: dict[str, Any]) -> None:
        """Take the limit from the configuration."""
        self._max_chars = int(config["max_chars"])

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The configuration used where config.yml says nothing."""
        return {"max_chars": 2000}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> JapaneseNormaliser:
        """Make the component; it keeps nothing in the model."""
        return cls(config)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Retrain when the code of this package changes."""
        return code_fingerprint()

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the normalised text to each message."""
        for message in messages:
            message.set(NORMALISED, normalise(message.get(TEXT) or "", max_chars=self._max_chars))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add the normalised text to each training sentence."""
        self.process(sentences_of(training_data))
        return training_data
