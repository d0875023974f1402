"""The public chat API (design section 6)."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from sse_starlette import EventSourceResponse, ServerSentEvent

from desk.chat.errors import SlowDownError
from desk.chat.models import Conversation
from desk.chat.rates import RateLimiter
from desk.chat.report import render_report
from desk.chat.schemas import (
    ConversationOut,
    HolderOut,
    MessageOut,
    MessagesOut,
    NewConversation,
    NewMessage,
    TurnOut,
    TypingOut,
)
from desk.chat.service import ChatService
from desk.chat.stream import Fanout, outlast_outages
from desk.openapi import problems

router = APIRouter(prefix="/api/chat/conversations", tags=["chat"])
OWN = problems(
    422,
    words={
        401: "The token is missing or is not this conversation's.",
        404: "The conversation was erased or has expired.",
    },
)
PING_SECONDS = 15
STREAM_SECONDS = 300
LAST_SEQ = 2**31 - 1
"""The highest number that a message can have."""
After = Annotated[int, Query(ge=0, le=LAST_SEQ)]
LastEventId = Annotated[str | None, Header(max_length=32)]


def chat_service(request: Request) -> ChatService:
    """The chat service of this application."""
    service: ChatService = request.app.state.chat
    return service


Chat = Annotated[ChatService, Depends(chat_service)]


async def own_conversation(
    conversation_id: UUID,
    chat: Chat,
    authorization: Annotated[str | None, Header()] = None,
) -> Conversation:
    """The conversation whose bearer token the caller sent."""
    scheme, _, token = (authorization or "").partition(" ")
    return await chat.authorise(
        conversation_id, token.strip() if scheme.lower() == "bearer" else None
    )


Own = Annotated[Conversation, Depends(own_conversation)]


def _limit(request: Request, name: str, key: str) -> None:
    limiter: RateLimiter = getattr(request.app.state, name)
    wait = limiter.seconds_to_wait(key)
    if wait > 0:
        raise SlowDownError("Too many requests. Wait a moment.", retry_after_seconds=wait)


@router.post("", status_code=201, responses=problems(400, 422, 429))
async def start_conversation(
    request: Request, chat: Chat, body: NewConversation | None = None
) -> ConversationOut:
    """Begin a conversation; the answer holds its token and the greeting."""
    _limit(request, "new_conversation_limiter", request.client.host if request.client else "?")
    conversation, token, greeting = await chat.start(body or NewConversation())
    return ConversationOut(
        conversation_id=conversation.id,
        token=token,
        messages=[MessageOut.from_row(row) for row in greeting],
    )


@router.post(
    "/{conversation_id}/messages",
    response_model=TurnOut,
    responses={
        202: {"model": TurnOut, "description": "The answer comes later."},
        **OWN,
        **problems(400, 413, 429),
    },
)
async def send_message(
    request: Request, conversation: Own, chat: Chat, body: NewMessage
) -> JSONResponse:
    """Say something. 200: with the bot's answers; 202: the answer comes by the stream."""
    _limit(request, "message_limiter", str(conversation.id))
    # A caller that hangs up must not stop the turn half-way.
    turn = await asyncio.shield(chat.receive(conversation.id, body))
    answer = TurnOut(
        message=MessageOut.from_row(turn.message),
        messages=[MessageOut.from_row(row) for row in turn.answers],
    )
    return JSONResponse(answer.model_dump(mode="json"), 200 if turn.is_answered else 202)


@router.get("/{conversation_id}/messages", responses=OWN)
async def list_messages(conversation: Own, chat: Chat, after: After = 0) -> MessagesOut:
    """Messages after a sequence number, in order."""
    scene = await chat.look(conversation.id, after)
    return MessagesOut(
        messages=[MessageOut.from_row(row) for row in scene.messages],
        holder=HolderOut.from_scene(scene),
        typing=TypingOut(is_typing=scene.staff_types),
    )


@router.put("/{conversation_id}/typing", status_code=204, responses={**OWN, **problems(429)})
async def show_typing(request: Request, conversation: Own, chat: Chat) -> Response:
    """Show the person who holds the conversation that the owner is typing; lasts seconds."""
    _limit(request, "message_limiter", f"typing:{conversation.id}")
    await chat.show_typing(conversation.id)
    return Response(status_code=204)


@router.get("/{conversation_id}/events", response_class=EventSourceResponse, responses=OWN)
async def stream_events(
    request: Request,
    conversation: Own,
    chat: Chat,
    after: After = 0,
    last_event_id: LastEventId = None,
) -> EventSourceResponse:
    """New messages as server-sent events; `id` is the sequence number.

    Beside `message` there are `holder` (who answers) and `typing` (whether that person is
    typing), at the beginning and with each change. `Last-Event-ID` (or `after`) says what the caller has. The stream ends after five
    minutes; the client connects again.
    """
    seq = resume_after(last_event_id, after)
    fanout: Fanout = request.app.state.fanout
    return EventSourceResponse(
        outlast_outages(lambda after: _events(request, conversation, chat, fanout, after), seq),
        ping=PING_SECONDS,
        headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
    )


def resume_after(last_event_id: str | None, after: int) -> int:
    """The number after which a stream goes on; a header that is no number is ignored."""
    if last_event_id and last_event_id.isdecimal():
        return min(int(last_event_id), LAST_SEQ)
    return after


async def _events(
    request: Request, conversation: Conversation, chat: ChatService, fanout: Fanout, seq: int
) -> AsyncIterator[ServerSentEvent]:
    loop = asyncio.get_running_loop()
    end = loop.time() + STREAM_SECONDS
    yield ServerSentEvent(event="hello", data="{}", retry=3000)
    told: dict[str, str] = {}
    with fanout.listen(conversation.id) as changed:
        while loop.time() < end and not request.app.state.stopping.is_set():
            changed.clear()
            scene = await chat.look(conversation.id, seq)
            if scene.conversation.erased_at is not None:
                return
            signs = {
                "holder": HolderOut.from_scene(scene).model_dump_json(),
                "typing": TypingOut(is_typing=scene.staff_types).model_dump_json(),
            }
            for name in [name for name, data in signs.items() if told.get(name) != data]:
                yield ServerSentEvent(event=name, data=signs[name])
            told = signs
            for row in scene.messages:
                seq = row.seq
                data = MessageOut.from_row(row).model_dump_json()
                yield ServerSentEvent(event="message", id=str(seq), data=data)
            with contextlib.suppress(TimeoutError):
                # Also looks now and then by itself: another process may have written.
                await asyncio.wait_for(changed.wait(), fanout.look_seconds)


@router.get("/{conversation_id}/report", response_class=HTMLResponse, responses=OWN)
async def show_report(request: Request, conversation: Own, chat: Chat) -> HTMLResponse:
    """The diagnosis and the recommendations as a page to print."""
    rows = await chat.list_after(conversation.id, 0)
    return render_report(request, rows)


@router.delete("/{conversation_id}", status_code=204, responses=OWN)
async def erase_conversation(conversation: Own, chat: Chat) -> Response:
    """Erase what was said. It cannot be brought back."""
    await chat.erase(conversation.id)
    return Response(status_code=204)
