"""The chat page and the address `/`."""

import html
import secrets
from typing import Annotated

from fastapi import APIRouter, Cookie, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from desk.chat.sites import Site, Sites
from desk.config import ROOT, Settings

router = APIRouter(include_in_schema=False)
CHAT_PAGE = ROOT / "web_widget" / "chat.html"
TICKET_FIELD = 'name="ticket" value=""'
SITE_FIELD = 'name="site" value=""'
SITE_STYLE = "<!-- style of the site -->"
RESUME = "<p hidden>"
"""Of the paragraph that leads back to a conversation held without scripts."""
COOKIE = "jinjibu_plain"
"""Token of a conversation without scripts; only our own page `/chat` gets it."""


def page_policy(settings: Settings, site: Site | None) -> str:
    """What the chat page may load, and which sites may embed it."""
    origins = " ".join(["'self'", *(site.origins if site else settings.embed_origins)])
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'self'; "
        f"frame-ancestors {origins}; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


def new_ticket() -> str:
    """A secret that makes a form's words count once, however often they are sent."""
    return secrets.token_urlsafe(32)


@router.get("/")
async def root() -> RedirectResponse:
    """Owners look for the chat first."""
    return RedirectResponse("/chat", 307)


@router.get("/chat")
async def chat_page(
    request: Request,
    site: Annotated[str, Query(max_length=64)] = "",
    held: Annotated[str | None, Cookie(alias=COOKIE)] = None,
) -> HTMLResponse:
    """The chat as a page of its own, also inside the embedded panel."""
    sites: Sites = request.app.state.sites
    known = sites.find(site)
    page = CHAT_PAGE.read_text(encoding="utf-8")
    page = page.replace(TICKET_FIELD, f'name="ticket" value="{new_ticket()}"')
    if known is not None:
        shown = html.escape(known.id)
        page = page.replace(SITE_FIELD, f'name="site" value="{shown}"')
        page = page.replace(SITE_STYLE, f'<link rel="stylesheet" href="/embed/{shown}.css">')
    if held:
        page = page.replace(RESUME, "<p>")
    headers = {
        "Content-Security-Policy": page_policy(request.app.state.settings, known),
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return HTMLResponse(page, headers=headers)
