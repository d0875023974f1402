"""What the trained classifier components share: settings, storage, training sentences."""

from __future__ import annotations

import abc
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import METADATA, METADATA_EXAMPLE
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.fingerprint import code_fingerprint
from bot.nlu.keys import FEATURES
from bot.nlu.text_featurizer import MessageFeatures

Classifier = TypeVar("Classifier", bound="ClassifierComponent")


class ClassifierComponent(GraphComponent, abc.ABC):
    """A component that learns from `MessageFeatures` and keeps files in the model."""

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource
    ) -> None:
        """Keep the settings; `fit` or `restore` makes the component able to predict."""
        self._config = config
        self._model_storage = model_storage
        self._resource = resource

    @classmethod
    def create(
        cls: type[Classifier],
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Classifier:
        """Make an untrained component."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls: type[Classifier],
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> Classifier:
        """Make the component from its files in the model."""
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            component.restore(folder)
        return component

    @staticmethod
    def required_packages() -> list[str]:
        """Packages whose versions change the result."""
        return ["sklearn", "scipy"]

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Retrain when the code of this package changes."""
        return code_fingerprint()

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the training sentences and store the result."""
        self.fit([message for message in training_data.intent_examples if message.get(FEATURES)])
        with self._model_storage.write_to(self._resource) as folder:
            self.store(folder)
        return self._resource

    @abc.abstractmethod
    def fit(self, messages: list[Message]) -> None:
        """Learn from messages with intent and features."""

    @abc.abstractmethod
    def store(self, folder: Path) -> None:
        """Write what was learnt into a folder."""

    @abc.abstractmethod
    def restore(self, folder: Path) -> None:
        """Read what `store` wrote."""

    @abc.abstractmethod
    def process(self, messages: list[Message]) -> list[Message]:
        """Add predictions to messages."""


def features_of(message: Message) -> MessageFeatures:
    """The features that TextFeaturizer put on a message."""
    return message.get(FEATURES)


def example_metadata(message: Message) -> Mapping[str, Any]:
    """The metadata written beside a training sentence, empty where there is none."""
    return (message.get(METADATA) or {}).get(METADATA_EXAMPLE) or {}
