"""Tables of the console: what each person keeps of the queue for themselves."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint, true
from sqlalchemy.orm import Mapped, mapped_column

from desk.db import Base, new_id, now

LONGEST_NAME = 40


class SavedView(Base):
    """A way to look at the queue, under a name."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("user_id", "name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("staff_user.id"))
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    wanted: Mapped[dict[str, Any]]
    """See `desk.console.wanted.Wanted`."""
    created_at: Mapped[datetime] = mapped_column(default=now)


class QueueHabit(Base):
    """How a person uses the queue."""

    __tablename__ = "queue_habit"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("staff_user.id"), primary_key=True)
    view: Mapped[str | None] = mapped_column(String(40))
    """Id of the view that was used last, or the name of a built-in one."""
    has_shortcuts: Mapped[bool] = mapped_column(default=True, server_default=true())
