"""Settings of desk, read from the environment (`JINJIBU_*`) and `.env`."""

from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import Field, computed_field
from pydantic_settings import BaseSettings, SettingsConfigDict

JST = ZoneInfo("Asia/Tokyo")
ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """What an operator can set; each field is documented in `.env.example`."""

    model_config = SettingsConfigDict(env_prefix="JINJIBU_", env_file=".env", extra="ignore")

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    rasa_port: int = Field(default=5005, ge=1, le=65535)
    rasa_token: str = ""
    rasa_timeout_seconds: float = Field(default=8.0, gt=0)
    action_secret: str = ""
    data: Path = Path("var")
    key_file: Path | None = None
    database_url: str = ""
    redis_url: str = ""
    today: date | None = None
    knowledge: Path = ROOT / "knowledge"
    models: Path = ROOT / "models"
    model_fingerprint: str = ""
    embed_origins: list[str] = []
    secure_cookies: bool = False
    session_idle_minutes: int = Field(default=60, gt=0)
    session_hours: int = Field(default=12, gt=0)
    reply_within_minutes: int = Field(default=5, gt=0)
    promise_business_days: int = Field(default=3, gt=0)
    messages_per_ten_seconds: int = Field(default=60, gt=0)
    conversations_per_minute: int = Field(default=600, gt=0)
    conversation_days: int = Field(default=30, gt=0)

    @computed_field  # type: ignore[prop-decorator]
    @cached_property
    def resolved_database_url(self) -> str:
        """SQLAlchemy address of the database: SQLite in the data folder if unset."""
        if self.database_url:
            return _async_url(self.database_url)
        return f"sqlite+aiosqlite:///{(self.data / 'jinjibu.db').resolve()}"

    @property
    def key_path(self) -> Path:
        """File of the keys: `keys.json` in the data folder if unset."""
        return self.key_file or self.data / "keys.json"

    @property
    def rasa_url(self) -> str:
        """Address of the Rasa server, always on loopback."""
        return f"http://127.0.0.1:{self.rasa_port}"

    def today_jst(self) -> date:
        """Calendar date (JST) whose rules apply: `JINJIBU_TODAY`, or today."""
        return self.today or datetime.now(JST).date()


def _async_url(url: str) -> str:
    """Give the address its asynchronous driver, so that operators write plain ones."""
    for plain, driver in (
        ("sqlite:", "sqlite+aiosqlite:"),
        ("postgresql:", "postgresql+psycopg:"),
        ("postgres:", "postgresql+psycopg:"),
    ):
        if url.startswith(plain):
            return driver + url.removeprefix(plain)
    return url
