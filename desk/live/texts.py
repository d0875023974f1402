"""What owners are told about the people in their conversation."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from desk.config import JST

BACK_TO_BOT = "/back_to_bot"


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveTexts:
    """Sentences from `knowledge/wording/dialogue.yml`."""

    wording: Callable[..., str]
    """The knowledge base's `wording(text_id, **values)`."""

    @property
    def system_name(self) -> str:
        """What stands above notices."""
        return self.wording("system_name")

    def back_button(self, version: int) -> dict[str, str]:
        """The button that leads back to the bot, from the holder of this version only."""
        payload = f'{BACK_TO_BOT}{{"version": {version}}}'
        return {"title": self.wording("button_back_to_bot"), "payload": payload}

    def closed(self, opens_at: datetime) -> str:
        """That nobody is there now, and when somebody will be."""
        local = opens_at.astimezone(JST)
        when = self.wording("live_moment", month=local.month, day=local.day, time=f"{local:%-H:%M}")
        return self.wording("live_closed", when=when)
