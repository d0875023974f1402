"""Last component: typed text never names an intent.

Rasa's recipe ends every prediction graph with its own RegexMessageHandler, which reads a text like
「/restart」 or 「/greet{"employees": 3}」 as an intent with entities, fully confident, whatever the
pipeline found. Buttons do not need it: the desk channel parses payloads itself. So a leading slash
is made full-width here, after the classifiers have judged the text as it was typed.
"""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.constants import INTENT_MESSAGE_PREFIX
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

_FULL_WIDTH_SLASH = "／"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class SlashGuard(GraphComponent):
    """Hides a leading slash from Rasa; one code point replaces one, so offsets stay."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SlashGuard:
        """Make the component; it keeps nothing in the model."""
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Make a leading slash full-width."""
        for message in messages:
            text = message.get(TEXT) or ""
            if text.lstrip().startswith(INTENT_MESSAGE_PREFIX):
                guarded = text.replace(INTENT_MESSAGE_PREFIX, _FULL_WIDTH_SLASH, 1)
                message.set(TEXT, guarded, add_to_output=True)
        return messages
