"""The staff API of a conversation: `/api/conversations/{conversation_id}`."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from desk.auth.api import OwnRequest
from desk.auth.dependencies import COOKIE, Staff, Writer
from desk.auth.service import AuthService, SignedIn
from desk.chat.endpoints import (
    LAST_SEQ,
    PING_SECONDS,
    STREAM_SECONDS,
    After,
    LastEventId,
    resume_after,
)
from desk.chat.stream import Fanout, outlast_outages
from desk.live.beside import BesideService
from desk.live.errors import TalkNotFoundError
from desk.live.schemas import (
    Draft,
    PresenceIn,
    ReleaseIn,
    ReplyIn,
    ReturnIn,
    StaffMessageOut,
    StaffMessagesOut,
    TakeIn,
    TalkOut,
    VersionIn,
)
from desk.live.service import LiveService
from desk.openapi import problems

SEEN = problems(
    401,
    422,
    words={
        403: "The role may not, or the request is not from our own page.",
        404: "No conversation of a case that the caller may see.",
    },
)
WRITTEN = problems(400, 413)
CHANGED = WRITTEN | problems(
    words={409: "Somebody was first: the holder, the version or who has the case has changed."}
)
SESSION_CHECK_SECONDS = 10
router = APIRouter(
    prefix="/api/conversations/{conversation_id}", tags=["live conversation"], responses=SEEN
)


def live_service(request: Request) -> LiveService:
    """The live conversations of this application."""
    service: LiveService = request.app.state.live
    return service


def beside_service(request: Request) -> BesideService:
    """Presence, typing and drafts of this application."""
    service: BesideService = request.app.state.beside
    return service


Live = Annotated[LiveService, Depends(live_service)]
Beside = Annotated[BesideService, Depends(beside_service)]


@router.get("")
async def show_talk(signed: Staff, live: Live, conversation_id: UUID) -> TalkOut:
    """Who holds the conversation, who else looks at it, and what the caller may do."""
    return TalkOut.from_talk(await live.look(signed.user, conversation_id, after=LAST_SEQ))


@router.get("/messages")
async def list_messages(
    signed: Staff, live: Live, conversation_id: UUID, after: After = 0
) -> StaffMessagesOut:
    """Messages after a sequence number, at most 500, with the state of the conversation."""
    await live.note_reading(signed.user, conversation_id)
    return StaffMessagesOut.from_talk(await live.look(signed.user, conversation_id, after=after))


@router.post("/take", dependencies=[*OwnRequest], responses=CHANGED)
async def take(signed: Writer, live: Live, conversation_id: UUID, body: TakeIn) -> TalkOut:
    """Take the conversation from the bot; of several callers one wins.

    The caller becomes responsible for its case if nobody is.
    """
    talk = await live.take(
        signed.user,
        conversation_id,
        version=body.version,
        sees_unclaimed=body.sees_unclaimed,
    )
    return TalkOut.from_talk(talk)


@router.post("/steal", dependencies=[*OwnRequest], responses=CHANGED)
async def steal(signed: Writer, live: Live, conversation_id: UUID, body: VersionIn) -> TalkOut:
    """Take the conversation from a colleague (leads)."""
    talk = await live.steal(signed.user, conversation_id, version=body.version)
    return TalkOut.from_talk(talk)


@router.post("/replies", status_code=201, dependencies=[*OwnRequest], responses=CHANGED)
async def reply(
    signed: Writer, live: Live, conversation_id: UUID, body: ReplyIn
) -> StaffMessageOut:
    """Say something to the owner; 409 if the caller does not hold the conversation any more.

    The caller becomes responsible for the case if nobody is. A repeated
    `client_message_id` gives the stored message. After 409 the draft is still
    there.
    """
    message = await live.reply(
        signed.user,
        conversation_id,
        client_message_id=body.client_message_id,
        version=body.version,
        text=body.text,
        seen_seq=body.seen_seq,
        sees_unclaimed=body.sees_unclaimed,
    )
    return StaffMessageOut.from_row(message)


@router.post("/return", dependencies=[*OwnRequest], responses=CHANGED)
async def hand_back(signed: Writer, live: Live, conversation_id: UUID, body: ReturnIn) -> TalkOut:
    """Give the conversation back to the bot; the summary becomes a note of the case.

    The bot then answers what the owner said and nobody answered.
    """
    talk = await live.hand_back(
        signed.user, conversation_id, version=body.version, summary=body.summary
    )
    return TalkOut.from_talk(talk)


@router.post("/release", dependencies=[*OwnRequest], responses=CHANGED)
async def release(signed: Writer, live: Live, conversation_id: UUID, body: ReleaseIn) -> TalkOut:
    """Give a colleague's conversation back to the bot (leads)."""
    talk = await live.release(
        signed.user, conversation_id, version=body.version, reason=body.reason
    )
    return TalkOut.from_talk(talk)


@router.put("/presence", status_code=204, dependencies=[*OwnRequest], responses=problems(400))
async def show_presence(
    signed: Staff, beside: Beside, conversation_id: UUID, body: PresenceIn
) -> Response:
    """Show colleagues that the caller is here, and the owner that the holder is typing."""
    await beside.show_presence(signed.user, conversation_id, is_typing=body.is_typing)
    return Response(status_code=204)


@router.delete("/presence", status_code=204, dependencies=[*OwnRequest])
async def end_presence(signed: Staff, beside: Beside, conversation_id: UUID) -> Response:
    """Show colleagues that the caller has left."""
    await beside.end_presence(signed.user, conversation_id)
    return Response(status_code=204)


@router.get("/draft")
async def show_draft(signed: Staff, beside: Beside, conversation_id: UUID) -> Draft:
    """What the caller has begun to write."""
    return Draft(text=await beside.get_draft(signed.user, conversation_id))


@router.put(
    "/draft",
    status_code=204,
    dependencies=[*OwnRequest],
    responses=WRITTEN,
)
async def keep_draft(
    signed: Writer, beside: Beside, conversation_id: UUID, body: Draft
) -> Response:
    """Keep what the caller has begun to write; an empty text forgets it."""
    await beside.keep_draft(signed.user, conversation_id, body.text)
    return Response(status_code=204)


@router.get("/events", response_class=EventSourceResponse)
async def stream_events(
    request: Request,
    signed: Staff,
    live: Live,
    conversation_id: UUID,
    after: After = 0,
    last_event_id: LastEventId = None,
) -> EventSourceResponse:
    """The conversation as server-sent events; `id` is the sequence number.

    `message` for each new one, `talk` at the beginning and with each change of holder,
    colleagues, typing or unanswered messages. `Last-Event-ID` (or `after`) says what the
    caller has. The stream ends after five minutes, and when the session or the right to
    see the conversation ends.
    """
    seq = resume_after(last_event_id, after)
    await live.note_reading(signed.user, conversation_id)  # Refuses before the stream.
    return EventSourceResponse(
        outlast_outages(lambda after: _events(request, signed, conversation_id, after), seq),
        ping=PING_SECONDS,
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _events(
    request: Request, signed: SignedIn, conversation_id: UUID, seq: int
) -> AsyncIterator[ServerSentEvent]:
    state = request.app.state
    fanout: Fanout = state.fanout
    loop = asyncio.get_running_loop()
    end = loop.time() + STREAM_SECONDS
    check_at = loop.time() + SESSION_CHECK_SECONDS
    yield ServerSentEvent(event="hello", data="{}", retry=3000)
    told = ""
    with fanout.listen(conversation_id) as changed, contextlib.suppress(TalkNotFoundError):
        while loop.time() < end and not state.stopping.is_set():
            changed.clear()
            if loop.time() >= check_at:
                if await _has_ended(request, state.auth):
                    return
                check_at = loop.time() + SESSION_CHECK_SECONDS
            talk = await state.live.look(signed.user, conversation_id, after=seq)
            now_told = TalkOut.from_talk(talk).model_dump_json()
            if now_told != told:
                told = now_told
                yield ServerSentEvent(event="talk", data=told)
            for row in talk.messages:
                seq = row.seq
                data = StaffMessageOut.from_row(row).model_dump_json()
                yield ServerSentEvent(event="message", id=str(seq), data=data)
            with contextlib.suppress(TimeoutError):
                # Also looks now and then by itself: another process may have written.
                await asyncio.wait_for(changed.wait(), fanout.look_seconds)


async def _has_ended(request: Request, auth: AuthService) -> bool:
    """Whether the session of a stream has ended since it began."""
    return await auth.find_session(request.cookies.get(COOKIE)) is None
