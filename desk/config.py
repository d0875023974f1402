"""Settings of desk, read from the environment (`JINJIBU_*`) and `.env`."""

from datetime import date, datetime, time
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, computed_field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

JST = ZoneInfo("Asia/Tokyo")
ROOT = Path(__file__).resolve().parent.parent


FEWEST_KEPT_DAYS = 7


def _check_kept(days: int) -> int:
    """Refuse to throw away at once what somebody may still look for."""
    if 0 < days < FEWEST_KEPT_DAYS:
        raise ValueError(f"Keep for {FEWEST_KEPT_DAYS} days or more; 0 keeps for ever.")
    return days


KeptDays = Annotated[int, Field(ge=0, le=36500), AfterValidator(_check_kept)]


class SecondFactorRule(StrEnum):
    """Whose login needs an authenticator app; whoever has one is always asked for it."""

    NONE = "none"
    WIDE = "wide"
    """Those who see every hub: bureau, admin, auditor."""
    ALL = "all"


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
    audit_key_file: Path | None = None
    redis_url: str = ""
    today: date | None = None
    restarts_per_three_minutes: int = Field(default=12, gt=0)
    knowledge: Path = ROOT / "knowledge"
    models: Path = ROOT / "models"
    model_fingerprint: str = ""
    embed_origins: list[str] = []
    sites_file: Path | None = None
    line_file: Path | None = None
    line_content_mb: int = Field(default=10, ge=1, le=50)
    public_url: str = ""
    secure_cookies: bool = False
    require_totp: SecondFactorRule = SecondFactorRule.WIDE
    session_idle_minutes: int = Field(default=60, gt=0)
    logins_per_minute: int = Field(default=60, gt=0)
    session_hours: int = Field(default=12, gt=0)
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    oidc_name: str = ""
    oidc_require_mfa: bool = False
    oidc_mfa_values: list[str] = ["mfa"]
    reply_within_minutes: int = Field(default=5, gt=0)
    promise_business_days: int = Field(default=3, gt=0)
    messages_per_ten_seconds: int = Field(default=60, gt=0)
    conversations_per_minute: int = Field(default=600, gt=0)
    conversation_days: int = Field(default=30, gt=0)
    notify_mode: Literal["send", "print"] = "send"
    notify_secrets: dict[str, str] = {}
    notify_allow_private: bool = False
    notify_ca_file: Path | None = None
    # A job's lease is 30 seconds; another worker would send the same again after that.
    notify_timeout_seconds: float = Field(default=10.0, gt=0, le=20)
    smtp_host: str = ""
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str = ""
    smtp_password: str = ""
    smtp_from: str = ""
    nightly_at: time = time(2, 30)
    unanswered_minutes: int = Field(default=30, gt=0)
    review_talks: Literal["cases", "all"] = "cases"
    review_confidence: float = Field(default=0.6, ge=0, le=1)
    review_sample_percent: float = Field(default=2.0, ge=0, le=100)
    review_second_percent: float = Field(default=20.0, ge=0, le=100)
    review_test_percent: float = Field(default=20.0, ge=0, le=100)
    disk_warning_mb: int = Field(default=500, ge=0)
    keep_deliveries_days: KeptDays = 400
    keep_jobs_days: KeptDays = 90
    keep_reports_days: KeptDays = 400
    keep_logins_days: KeptDays = 90
    keep_line_days: KeptDays = 90
    keep_files_days: KeptDays = 90

    @computed_field  # type: ignore[prop-decorator]
    @cached_property
    def resolved_database_url(self) -> str:
        """SQLAlchemy address of the database: SQLite in the data folder if unset."""
        if self.database_url:
            return async_url(self.database_url)
        return f"sqlite+aiosqlite:///{(self.data / 'jinjibu.db').resolve()}"

    @property
    def key_path(self) -> Path:
        """File of the keys: `keys.json` in the data folder if unset."""
        return self.key_file or self.data / "keys.json"

    @property
    def resolved_audit_key_file(self) -> Path:
        """The file with the audit log's keys: in the data folder if unset."""
        return self.audit_key_file or self.data / "audit.key"

    @property
    def resolved_public_url(self) -> str:
        """Address under which browsers reach desk, without a slash at its end.

        This machine if unset.
        """
        if self.public_url:
            return self.public_url.rstrip("/")
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host  # noqa: S104
        return f"http://{host}:{self.port}"

    @model_validator(mode="after")
    def _check_oidc(self) -> Self:
        """Refuse a half-configured organisation's login, or one without TLS."""
        if not self.oidc_issuer:
            return self
        if not self.oidc_client_id:
            raise ValueError("JINJIBU_OIDC_ISSUER needs JINJIBU_OIDC_CLIENT_ID as well.")
        parts = urlsplit(self.oidc_issuer)
        if parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "::1", "localhost"}:
            raise ValueError("JINJIBU_OIDC_ISSUER must begin with https://.")
        return self

    @property
    def rasa_url(self) -> str:
        """Address of the Rasa server, always on loopback."""
        return f"http://127.0.0.1:{self.rasa_port}"

    def today_jst(self) -> date:
        """Calendar date (JST) whose rules apply: `JINJIBU_TODAY`, or today."""
        return self.today or datetime.now(JST).date()


def async_url(url: str) -> str:
    """Give the address its asynchronous driver, so that operators write plain ones."""
    for plain, driver in (
        ("sqlite:", "sqlite+aiosqlite:"),
        ("postgresql:", "postgresql+psycopg:"),
        ("postgres:", "postgresql+psycopg:"),
    ):
        if url.startswith(plain):
            return driver + url.removeprefix(plain)
    return url
