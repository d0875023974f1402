"""Tables of the reports: what a sealed snapshot says, as codes that can be counted."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from desk.db import Base, now


class ItemKind(StrEnum):
    """What an item of a case is about."""

    CONCERN = "concern"
    PROGRAM = "program"
    DIMENSION = "dimension"


class ReportCase(Base):
    """Codes of one case's company; nothing by which somebody could be found.

    Hub, dates and result stand in the case. After an erasure all codes are None.
    """

    __tablename__ = "report_case"

    case_id: Mapped[UUID] = mapped_column(
        ForeignKey("case.id", ondelete="CASCADE"), primary_key=True
    )
    prefecture: Mapped[str | None] = mapped_column(String(2))
    """First two digits of the municipality's code."""
    municipality: Mapped[str | None] = mapped_column(String(5))
    """JIS X 0402 code."""
    industry: Mapped[str | None] = mapped_column(String(1))
    size: Mapped[str | None] = mapped_column(String(8))
    """A `desk.reports.facts.SizeClass`."""
    written_at: Mapped[datetime] = mapped_column(default=now)


class ReportItem(Base):
    """One concern, recommended program or dimension of a case, and how it stands."""

    __tablename__ = "report_item"
    __table_args__ = (Index("ix_report_item_kind_code", "kind", "code", "state"),)

    case_id: Mapped[UUID] = mapped_column(
        ForeignKey("case.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    code: Mapped[str] = mapped_column(String(64), primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    """Of a concern met, unmet or unknown; of a program its status; of a dimension its level."""
