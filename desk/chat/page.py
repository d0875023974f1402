"""The chat page, the address `/`, and the first question without JavaScript."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from desk.chat.report import TEMPLATES
from desk.chat.schemas import MAX_TEXT, MessageOut, NewConversation, NewMessage
from desk.config import ROOT, Settings
from desk.db import new_id

router = APIRouter(include_in_schema=False)
CHAT_PAGE: Path = ROOT / "web_widget" / "chat.html"


def _policy(settings: Settings) -> str:
    """What the chat page may load, and which sites may embed it."""
    ancestors = " ".join(["'self'", *settings.embed_origins])
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'self'; "
        f"frame-ancestors {ancestors}; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _headers(request: Request) -> dict[str, str]:
    return {
        "Content-Security-Policy": _policy(request.app.state.settings),
        "Cache-Control": "no-cache",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


@router.get("/")
async def root() -> RedirectResponse:
    """Owners look for the chat first."""
    return RedirectResponse("/chat", 307)


@router.get("/chat")
async def chat_page(request: Request) -> Response:
    """The chat as a page of its own, also inside the embedded panel."""
    return FileResponse(CHAT_PAGE, media_type="text/html", headers=_headers(request))


@router.post("/chat")
async def first_question(
    request: Request, text: Annotated[str, Form(min_length=1, max_length=MAX_TEXT)]
) -> HTMLResponse:
    """Answer the first question of a browser that runs no scripts."""
    chat = request.app.state.chat
    conversation, _, greeting = await chat.start(NewConversation())
    turn = await chat.receive(conversation.id, NewMessage(client_message_id=new_id(), text=text))
    rows = [*greeting, turn.message, *turn.answers]
    page = TEMPLATES.get_template("without_scripts.html").render(
        messages=[MessageOut.from_row(row) for row in rows]
    )
    return HTMLResponse(page, headers=_headers(request))
