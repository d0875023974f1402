"""A small trained pipeline shared by the tests of the language understanding."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.training_data.formats.rasa_yaml import RasaYAMLReader
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.concern_classifier import ConcernClassifier
from bot.nlu.encoder import SentenceEncoderFeaturizer
from bot.nlu.fact_extractor import FactExtractor
from bot.nlu.intent_classifier import IntentClassifier
from bot.nlu.normaliser import JapaneseNormaliser
from bot.nlu.program_classifier import ProgramClassifier
from bot.nlu.slash_guard import SlashGuard
from bot.nlu.text_featurizer import TextFeaturizer
from bot.nlu.tokenizer import GinzaTokenizer

ROOT = Path(__file__).resolve().parent.parent.parent
PIPELINE = (
    JapaneseNormaliser,
    GinzaTokenizer,
    SentenceEncoderFeaturizer,
    FactExtractor,
    TextFeaturizer,
    IntentClassifier,
    ConcernClassifier,
    ProgramClassifier,
    SlashGuard,
)
_NOT_RUN_IN_TRAINING = PIPELINE[5:]
Parse = Callable[[str], Message]


def _settings(component: type) -> dict[str, Any]:
    settings = dict(component.get_default_config())
    for key in ("lookup", "places"):
        if key in settings:
            settings[key] = str(ROOT / settings[key])
    if "refusal_share" in settings:
        # A hundred sentences make every probability low; nothing would be understood.
        settings["refusal_share"] = 0.4
    return settings


def train_pipeline(data: TrainingData, storage: LocalModelStorage) -> list[Any]:
    """Train as Rasa does: each component learns, then runs over the data for those after it."""
    context = ExecutionContext(GraphSchema({}), node_name="component")
    trained = []
    for component in PIPELINE:
        resource = Resource(f"train_{component.__name__}")
        made = component.create(_settings(component), storage, resource, context)
        if hasattr(made, "train"):
            made.train(data)
            made = component.load(_settings(component), storage, resource, context)
        if component not in _NOT_RUN_IN_TRAINING:
            made.process_training_data(data)
        trained.append(made)
    return trained


@pytest.fixture(scope="session")
def training_data() -> TrainingData:
    """The fixture sentences, read by Rasa's own reader."""
    return RasaYAMLReader().read(str(Path(__file__).parent / "fixtures" / "nlu.yml"))


@pytest.fixture(scope="session")
def pipeline(training_data: TrainingData, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """All components, trained on the fixture sentences and loaded from storage."""
    storage = LocalModelStorage.create(tmp_path_factory.mktemp("model"))
    return train_pipeline(training_data, storage)


@pytest.fixture(scope="session")
def parse(pipeline: list[Any]) -> Parse:
    """Runs a text through the pipeline."""

    def run(text: str) -> Message:
        messages = [Message({"text": text})]
        for component in pipeline:
            messages = component.process(messages)
        return messages[0]

    return run
