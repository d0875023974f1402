"""Makes the reports of a period and a hub, and lists the cases behind their numbers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from advisor.knowledge import KnowledgeBase
from advisor.staleness import find_stale
from desk.cases.calendars import CalendarRules
from desk.cases.hours import DEFAULT_HOURS, HubHours
from desk.cases.models import Case
from desk.chat.sites import Sites
from desk.config import JST
from desk.db import Database, Transaction, now
from desk.reports import (
    answers,
    backlog,
    freshness,
    funnel,
    needs,
    profile,
    repository,
    volume,
)
from desk.reports.figures import Links, Report
from desk.reports.models import ItemKind, ReportCase
from desk.reports.period import Period
from desk.reports.scope import CaseChoice, Scope

Items = Mapping[tuple[str, str, str], int]


class ReportId(StrEnum):
    """The reports, in the order of the page."""

    VOLUME = "volume"
    FUNNEL = "funnel"
    ANSWERS = "answers"
    BACKLOG = "backlog"
    PROFILE = "profile"
    NEEDS = "needs"
    FRESHNESS = "freshness"


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """One page of a list of cases."""

    items: Sequence[tuple[Case, str | None]]
    """With the name of the person responsible."""
    has_next: bool


class ReportService:
    """The reports of this desk."""

    def __init__(
        self,
        database: Database,
        kb: KnowledgeBase,
        sites: Sites | None = None,
        *,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._database = database
        self._kb = kb
        self._sites = sites or Sites()
        self._clock = clock
        self._makers = {
            ReportId.VOLUME: self._volume,
            ReportId.FUNNEL: self._funnel,
            ReportId.ANSWERS: self._answers,
            ReportId.BACKLOG: self._backlog,
            ReportId.PROFILE: self._profile,
            ReportId.NEEDS: self._needs,
            ReportId.FRESHNESS: self._freshness,
        }

    def scope_of(self, period: Period, hub_id: str | None) -> Scope:
        """The scope of a period and a hub (None: all)."""
        sites = [] if hub_id is None else self._sites.of_hub(hub_id)
        return Scope(period=period, hub_id=hub_id, sites=sites)

    async def make(
        self, scope: Scope, links: Links, wanted: Sequence[ReportId] = tuple(ReportId)
    ) -> Sequence[Report]:
        """The reports, all of one moment.

        Args:
            scope: Whose and of when.
            links: To the lists of cases.
            wanted: Which ones.
        """
        async with self._database.read() as tx:
            return [await self._makers[each](tx, scope, links) for each in wanted]

    async def list_cases(
        self,
        scope: Scope,
        choice: CaseChoice,
        *,
        bucket: str | None = None,
        limit: int,
        offset: int = 0,
    ) -> CasePage:
        """The cases behind a number.

        Args:
            scope: Whose and of when; never more than the person may see.
            choice: Which of them.
            bucket: Only those of this bucket of the report on answers.
            limit: At most so many.
            offset: After so many.
        """
        async with self._database.read() as tx:
            ids, skip = None, offset
            if bucket is not None:
                ids, skip = await self._ids_of(tx, scope, bucket, limit=limit, offset=offset), 0
            rows = await repository.list_cases(
                tx, scope, choice, ids=ids, limit=limit + 1, offset=skip
            )
        return CasePage(items=rows[:limit], has_next=len(rows) > limit)

    async def _ids_of(
        self, tx: Transaction, scope: Scope, bucket: str, *, limit: int, offset: int
    ) -> Sequence[UUID]:
        """Ids of the newest cases of a bucket: a page and one more."""
        clock = await self._business_time(tx)
        found = [
            timing
            for timing in await repository.list_timings(tx, scope)
            if answers.bucket_of(timing, clock) == bucket
        ]
        found.sort(key=lambda timing: (timing.created_at, timing.case_id), reverse=True)
        return [timing.case_id for timing in found[offset : offset + limit + 1]]

    async def _business_time(self, tx: Transaction) -> answers.BusinessTime:
        rules = await repository.list_calendars(tx)
        hours = {hub_id: CalendarRules(**each).hours() for hub_id, each in rules.items()}

        def hours_of(hub_id: str) -> HubHours:
            return hours.get(hub_id, DEFAULT_HOURS)

        return answers.BusinessTime(hours_of)

    async def _volume(self, tx: Transaction, scope: Scope, links: Links) -> Report:
        erased = await repository.count_erased(tx, scope)
        return volume.build(await repository.count_talks_by_hour(tx, scope), erased, links)

    async def _funnel(self, tx: Transaction, scope: Scope, links: Links) -> Report:
        stages = await repository.count_stages(tx, scope)
        return funnel.build(stages, await repository.count_answers(tx, scope), links)

    async def _answers(self, tx: Transaction, scope: Scope, links: Links) -> Report:
        timings = await repository.list_timings(tx, scope)
        return answers.build(timings, await self._business_time(tx), links)

    async def _backlog(self, tx: Transaction, scope: Scope, links: Links) -> Report:
        today = self._clock().astimezone(JST).date()
        counts = await repository.count_open(tx, scope, backlog.spans(today))
        return backlog.build(counts, today, links)

    async def _profile(self, tx: Transaction, scope: Scope, links: Links) -> Report:
        groupings = []
        for name, column in (("industry", ReportCase.industry), ("size", ReportCase.size)):
            groups = await repository.count_groups(tx, scope, column)
            levels = await repository.count_items(tx, scope, ItemKind.DIMENSION, column)
            groupings.append(profile.Grouping(name=name, groups=groups, levels=levels))
        return profile.build(groupings, self._kb, links)

    async def _needs(self, tx: Transaction, scope: Scope, links: Links) -> Report:
        found: dict[ItemKind, dict[tuple[str, str], int]] = {}
        for kind in (ItemKind.CONCERN, ItemKind.PROGRAM):
            items = await repository.count_items(tx, scope, kind, repository.NOTHING)
            found[kind] = {(code, state): value for (_, code, state), value in items.items()}
        counts = needs.NeedCounts(
            concerns=self._known(found[ItemKind.CONCERN], self._kb.concerns),
            programs=self._known(found[ItemKind.PROGRAM], self._kb.programs),
            places=await repository.count_needs(tx, scope),
        )
        return needs.build(counts, self._kb, links)

    @staticmethod
    def _known(
        items: Mapping[tuple[str, str], int], known: Mapping[str, object]
    ) -> Mapping[tuple[str, str], int]:
        """Without what the content does not know any more."""
        return {(code, state): value for (code, state), value in items.items() if code in known}

    async def _freshness(self, tx: Transaction, scope: Scope, links: Links) -> Report:
        today = self._clock().astimezone(JST).date()
        items = find_stale(self._kb, on=today, within_days=freshness.AHEAD_DAYS)
        return freshness.build(items, self._kb, today)
