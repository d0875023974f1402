"""Builds the LINE channel from the settings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from desk.attachments.service import erase_files
from desk.chat.carry import CARRY_JOB, WAKE
from desk.chat.ports import DialogueEngineError
from desk.chat.retract import REPLAY_JOB
from desk.chat.service import ChatService
from desk.db import now
from desk.jobs.models import Job
from desk.jobs.service import RetryLaterError
from desk.jobs.worker import Handler
from desk.line.accounts import LineAccounts, load_accounts
from desk.line.carry import HOLD_JOB, LATE_JOB, Carrier
from desk.line.client import LineClient
from desk.line.confidential import find_confidential
from desk.line.content import CONTENT_JOB, Fetcher
from desk.line.endpoints import router
from desk.line.inbox import HANDLE_JOB, Inbox
from desk.line.inspection import Watch
from desk.line.lane import Lane
from desk.line.links import Links
from desk.line.parcels import Packer
from desk.line.planning import Tools
from desk.line.reading import READ_JOB, ReadMarks
from desk.line.sender import Sender
from desk.line.sends import SEND_JOB
from desk.line.service import LineService, erase_of_conversation
from desk.line.staff import LineStaff
from desk.line.texts import LineTexts

REPLAY_SECONDS, LONGEST_REPLAY_SECONDS = 3.0, 30.0
MEGABYTE = 1024 * 1024
STATIC = Path(__file__).with_name("static")


@dataclass(frozen=True, slots=True, kw_only=True)
class LineChannel:
    """The parts of the channel, built together."""

    client: LineClient
    inbox: Inbox
    links: Links
    lane: Lane
    fetcher: Fetcher
    service: LineService
    staff: LineStaff
    handlers: Mapping[str, Handler]
    """By kind of job."""

    async def on_dead(self, job: Job) -> None:
        """What follows when a job of LINE is given up."""
        if job.kind == HANDLE_JOB:
            await self.lane.give_up(job)
        elif job.kind == CONTENT_JOB:
            await self.fetcher.on_dead(job)

    async def close(self) -> None:
        """Give back connections."""
        await self.client.close()


def wire_line(app: FastAPI) -> LineChannel:
    """Build the channel of an application whose chat stands; `app.state.line` is it.

    The time is that of `app.state.line_clock`, which tests set.

    Raises:
        AccountsError: The table of accounts does not work.
    """
    state = app.state
    state.line_clock = now

    def clock() -> datetime:
        moment: datetime = state.line_clock()
        return moment

    settings, database = state.settings, state.database
    accounts = load_accounts(settings.line_file, state.sites)
    client, texts = LineClient(), _texts(app)
    links = Links(database, state.chat, public_url=settings.resolved_public_url, clock=clock)
    packer = Packer(texts, links)

    marks = ReadMarks(database, accounts, client, clock=clock)
    lane = Lane(database, accounts, client, _tools(state.chat, packer, texts, clock), marks)
    carrier = Carrier(database, accounts, packer, clock=clock)
    sender = Sender(database, accounts, client, clock=clock)

    most_bytes = settings.line_content_mb * MEGABYTE
    fetcher = Fetcher(database, accounts, client, state.fanout, most_bytes=most_bytes, clock=clock)
    channel = state.line = LineChannel(
        client=client,
        inbox=Inbox(database, accounts, clock=clock, wake_jobs=state.wake_jobs),
        links=links,
        lane=lane,
        fetcher=fetcher,
        service=LineService(database, accounts),
        staff=_staff(app, accounts, client, packer, clock),
        handlers={
            HANDLE_JOB: lane.handle,
            CARRY_JOB: carrier.carry,
            HOLD_JOB: carrier.hold,
            LATE_JOB: carrier.late,
            SEND_JOB: sender.perform,
            CONTENT_JOB: fetcher.fetch,
            READ_JOB: marks.mark,
            REPLAY_JOB: _replay(state.chat),
        },
    )
    database.info[WAKE] = state.wake_jobs
    state.live.also_note_seen(marks.note_seen)
    for eraser in (erase_of_conversation, erase_files):
        state.chat.also_erase(eraser)
    app.include_router(router)
    app.mount("/static/line", StaticFiles(directory=STATIC), name="line_static")
    return channel


def _tools(
    chat: ChatService, packer: Packer, texts: LineTexts, clock: Callable[[], datetime]
) -> Tools:
    """What plans are made with."""

    def is_confidential(text: str) -> bool:
        return bool(find_confidential(text, texts.account_words))

    return Tools(
        chat=chat, packer=packer, texts=texts, is_confidential=is_confidential, clock=clock
    )


def _texts(app: FastAPI) -> LineTexts:
    """The sentences, with what they say of keeping as the settings have it."""
    settings = app.state.settings
    return LineTexts(
        app.state.knowledge,
        keep_files_days=settings.keep_files_days,
        most_mb=settings.line_content_mb,
    )


def _staff(
    app: FastAPI,
    accounts: LineAccounts,
    client: LineClient,
    packer: Packer,
    clock: Callable[[], datetime],
) -> LineStaff:
    """What the console asks."""
    return LineStaff(
        app.state.database,
        accounts,
        Watch(client, clock=clock),
        packer,
        sites=app.state.sites,
        public_url=app.state.settings.resolved_public_url,
        clock=clock,
    )


def _replay(chat: ChatService) -> Handler:
    """What has the engine hear again what is left of a conversation."""

    async def replay(job: Job) -> None:
        try:
            await chat.replay_in_engine(UUID(job.payload["conversation_id"]))
        except DialogueEngineError as exc:
            # Turns of the conversation wait behind it, so it never waits long itself.
            seconds = min(REPLAY_SECONDS * job.attempts, LONGEST_REPLAY_SECONDS)
            raise RetryLaterError(str(exc), seconds=seconds) from exc

    return replay
