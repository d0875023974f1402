"""The peer's one action: it answers, and keeps a slot as ours does."""

from rasa_sdk import Action
from rasa_sdk.events import SlotSet


class ActionAnswer(Action):
    """Says one sentence and stores what was said."""

    def name(self) -> str:
        """Name in the domain."""
        return "action_answer"

    def run(self, dispatcher, tracker, domain):  # type: ignore[no-untyped-def]
        """Answer."""
        dispatcher.utter_message(text="承知しました。次に、会社はどちらの市町村ですか。")
        return [SlotSet("said", tracker.latest_message.get("text"))]
