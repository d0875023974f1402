"""The training sentences among the training examples."""

from __future__ import annotations

from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData


def sentences_of(training_data: TrainingData) -> list[Message]:
    """Examples with text; rules and stories add others that only name an intent."""
    return [message for message in training_data.training_examples if message.get(TEXT)]
