"""The table of the keys that a database is sealed with; the secrets are not in it."""

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from desk.db import Base, now


class VaultKey(Base):
    """A key of the key file, as this database knows it."""

    __tablename__ = "vault_key"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    proof: Mapped[str] = mapped_column(Text)
    """Its own id, sealed with it: tells a wrong key from the right one."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    retired_at: Mapped[datetime | None]
    """Since then it is in no key file and opens nothing."""
