"""The conversation without JavaScript: forms, each of which counts once.

The page `/chat` carries a secret, its ticket. The first question makes the conversation
whose token the ticket is, and a cookie keeps it until the browser is closed. The id of a
message follows from ticket and words: sent twice, or again after "back", it is the same
message. After each form the browser is sent to a page that can be loaded again.
"""

from typing import Annotated
from uuid import NAMESPACE_OID, UUID, uuid5

from fastapi import APIRouter, Cookie, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.exc import IntegrityError

from desk.auth.dependencies import check_same_site
from desk.chat.endpoints import Chat
from desk.chat.models import Conversation
from desk.chat.page import COOKIE, new_ticket
from desk.chat.rates import RateLimiter
from desk.chat.report import TEMPLATES
from desk.chat.schemas import MAX_TEXT, MessageOut, NewConversation, NewMessage
from desk.chat.service import ChatService
from desk.config import Settings

router = APIRouter(include_in_schema=False)
PATH = "/chat/plain"
PLAIN_POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'"
)
OwnSite = Depends(check_same_site)
Ticket = Annotated[str, Form(pattern=r"^[A-Za-z0-9_-]{43}$")]
Words = Annotated[str, Form(max_length=100_000)]
Held = Annotated[str | None, Cookie(alias=COOKIE)]


@router.post("/chat", dependencies=[OwnSite])
async def first_question(
    request: Request,
    chat: Chat,
    ticket: Ticket,
    text: Words = "",
    site: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Begin a conversation with the first question of a browser that runs no scripts."""
    said = _tidy(text)
    if notice := _objection(said):
        return await _page(chat, None, notice=notice, text=said, ticket=ticket, status=422)
    conversation = await chat.find_by_token(ticket)
    if conversation is None:
        caller = request.client.host if request.client else "?"
        if wait := _wait(request, "new_conversation_limiter", caller):
            return await _page(
                chat, None, notice="busy", text=said, ticket=ticket, status=429, wait=wait
            )
        conversation = await _begin(request, chat, ticket, site)
    if conversation is None:
        return RedirectResponse("/chat", 303)  # It was erased: the form is of no use any more.
    answer = await _take(request, chat, conversation, said, ticket)
    keep_token(answer, ticket, request.app.state.settings)
    return answer


async def _begin(
    request: Request, chat: ChatService, ticket: str, site: str
) -> Conversation | None:
    known = request.app.state.sites.find(site)
    try:
        begun = await chat.start(NewConversation(site=known.id if known else None), token=ticket)
    except IntegrityError:
        # The same form was sent twice at once, or its conversation has ended.
        return await chat.find_by_token(ticket)
    return begun[0]


@router.get(PATH)
async def show(chat: Chat, held: Held = None) -> Response:
    """What has been said so far; loading it again does nothing."""
    conversation = await chat.find_by_token(held) if held else None
    if conversation is None:
        return _leave()
    return await _page(chat, conversation)


@router.post(PATH, dependencies=[OwnSite])
async def next_words(
    request: Request, chat: Chat, ticket: Ticket, text: Words = "", held: Held = None
) -> Response:
    """Go on with the conversation."""
    conversation = await chat.find_by_token(held) if held else None
    if conversation is None:
        return _leave()
    said = _tidy(text)
    if notice := _objection(said):
        return await _page(chat, conversation, notice=notice, text=said, ticket=ticket, status=422)
    return await _take(request, chat, conversation, said, ticket)


@router.post(f"{PATH}/erase", dependencies=[OwnSite])
async def erase(chat: Chat, held: Held = None) -> Response:
    """Erase the conversation, and its token in this browser."""
    conversation = await chat.find_by_token(held) if held else None
    if conversation is None:
        return _leave()
    await chat.erase(conversation.id)
    answer = await _page(chat, None, notice="erased")
    answer.delete_cookie(COOKIE, path="/chat")
    return answer


async def _take(
    request: Request, chat: ChatService, conversation: Conversation, said: str, ticket: str
) -> Response:
    """Store and answer the words, once, and send the browser to the page that shows them."""
    if wait := _wait(request, "message_limiter", str(conversation.id)):
        return await _page(
            chat, conversation, notice="busy", text=said, ticket=ticket, status=429, wait=wait
        )
    await chat.receive(
        conversation.id, NewMessage(client_message_id=_message_id(ticket, said), text=said)
    )
    return RedirectResponse(f"{PATH}#end", 303)


def _message_id(ticket: str, said: str) -> UUID:
    return uuid5(NAMESPACE_OID, f"{ticket}\n{said}")


def _tidy(text: str) -> str:
    """The words as typed: forms send line ends as two characters."""
    return text.replace("\r\n", "\n").replace("\0", "").strip()


def _objection(said: str) -> str | None:
    """Name of the notice for words that cannot be taken."""
    if not said:
        return "empty"
    return "too_long" if len(said) > MAX_TEXT else None


def _wait(request: Request, name: str, key: str) -> int:
    limiter: RateLimiter = getattr(request.app.state, name)
    return limiter.seconds_to_wait(key)


def keep_token(answer: Response, token: str, settings: Settings) -> None:
    """Keep the token until the browser is closed; shared computers keep nothing longer."""
    answer.set_cookie(
        COOKIE,
        token,
        path="/chat",
        httponly=True,
        samesite="strict",
        secure=settings.secure_cookies,
    )


def _leave() -> Response:
    answer = RedirectResponse("/chat", 303)
    answer.delete_cookie(COOKIE, path="/chat")
    return answer


async def _page(
    chat: ChatService,
    conversation: Conversation | None,
    *,
    notice: str = "",
    text: str = "",
    ticket: str | None = None,
    status: int = 200,
    wait: int = 0,
) -> HTMLResponse:
    """The whole conversation with a form for the next words.

    Args:
        chat: The service.
        conversation: None before it has begun.
        notice: Which of the template's notices stands on top.
        text: Words that could not be taken and stay in the form.
        ticket: The form's own, if the words were not taken; else it gets a new one.
        status: HTTP status.
        wait: Seconds after which the same words are taken.
    """
    rows = await chat.list_whole(conversation.id) if conversation else []
    page = TEMPLATES.get_template("without_scripts.html").render(
        messages=[MessageOut.from_row(row) for row in rows],
        action=PATH if conversation else "/chat",
        ticket=ticket or new_ticket(),
        notice=notice,
        text=text,
        limit=MAX_TEXT,
    )
    headers = {"Content-Security-Policy": PLAIN_POLICY, "Cache-Control": "no-store"}
    if wait:
        headers["Retry-After"] = str(wait)
    return HTMLResponse(page, status, headers=headers)
