"""Builds the reports of an application, and what keeps their facts."""

from advisor.knowledge import KnowledgeBase
from desk.cases.ports import FACTS
from desk.chat.sites import Sites
from desk.db import Database
from desk.reports.facts import CaseFactWriter
from desk.reports.service import ReportService


def build_reports(
    database: Database, kb: KnowledgeBase, sites: Sites | None = None
) -> tuple[CaseFactWriter, ReportService]:
    """What keeps the facts, tied to the database, and the reports made of them."""
    facts = CaseFactWriter(database, kb)
    database.info[FACTS] = facts
    return facts, ReportService(database, kb, sites)
