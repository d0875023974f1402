"""Builds the LINE channel from the settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from desk.chat.carry import CARRY_JOB, WAKE
from desk.chat.ports import DialogueEngineError
from desk.chat.retract import REPLAY_JOB
from desk.chat.service import ChatService
from desk.db import now
from desk.jobs.models import Job
from desk.jobs.service import RetryLaterError
from desk.jobs.worker import Handler
from desk.line.accounts import load_accounts
from desk.line.carry import HOLD_JOB, LATE_JOB, Carrier
from desk.line.client import LineClient
from desk.line.confidential import find_confidential
from desk.line.endpoints import router
from desk.line.inbox import HANDLE_JOB, Inbox
from desk.line.lane import Lane
from desk.line.links import Links
from desk.line.parcels import Packer
from desk.line.planning import Tools
from desk.line.sender import Sender
from desk.line.sends import SEND_JOB
from desk.line.service import LineService, erase_of_conversation
from desk.line.texts import LineTexts

REPLAY_SECONDS, LONGEST_REPLAY_SECONDS = 3.0, 30.0
STATIC = Path(__file__).with_name("static")


@dataclass(frozen=True, slots=True, kw_only=True)
class LineChannel:
    """The parts of the channel, built together."""

    client: LineClient
    inbox: Inbox
    links: Links
    lane: Lane
    service: LineService
    handlers: Mapping[str, Handler]
    """By kind of job."""

    async def on_dead(self, job: Job) -> None:
        """What follows when a job of LINE is given up."""
        if job.kind == HANDLE_JOB:
            await self.lane.give_up(job)

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
    client, texts = LineClient(), LineTexts(state.knowledge)
    links = Links(database, state.chat, public_url=settings.resolved_public_url, clock=clock)
    packer = Packer(texts, links)

    def is_confidential(text: str) -> bool:
        return bool(find_confidential(text, texts.account_words))

    tools = Tools(
        chat=state.chat,
        packer=packer,
        texts=texts,
        is_confidential=is_confidential,
        clock=clock,
    )
    lane = Lane(database, accounts, client, tools)
    carrier = Carrier(database, accounts, packer, clock=clock)
    sender = Sender(database, accounts, client, clock=clock)

    channel = state.line = LineChannel(
        client=client,
        inbox=Inbox(database, accounts, clock=clock, wake_jobs=state.wake_jobs),
        links=links,
        lane=lane,
        service=LineService(database, accounts, client, clock=clock),
        handlers={
            HANDLE_JOB: lane.handle,
            CARRY_JOB: carrier.carry,
            HOLD_JOB: carrier.hold,
            LATE_JOB: carrier.late,
            SEND_JOB: sender.perform,
            REPLAY_JOB: _replay(state.chat),
        },
    )
    database.info[WAKE] = state.wake_jobs
    state.chat.also_erase(erase_of_conversation)
    app.include_router(router)
    app.mount("/static/line", StaticFiles(directory=STATIC), name="line_static")
    return channel


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
