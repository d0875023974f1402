"""The webhook of LINE, and the page that a link from LINE leads to."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Header, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, select_autoescape

from desk.auth.dependencies import check_same_site
from desk.chat.page import COOKIE
from desk.chat.plain import PATH as PLAIN_PATH
from desk.chat.plain import keep_token
from desk.config import ROOT
from desk.line.errors import WebhookTooLargeError
from desk.line.inbox import Inbox
from desk.line.links import PATH, Links

router = APIRouter(include_in_schema=False)
MAX_BODY = 1024 * 1024
TEMPLATES = Environment(
    loader=FileSystemLoader(ROOT / "desk" / "line" / "templates"),
    autoescape=select_autoescape(),
    trim_blocks=True,
)
OPEN_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; base-uri 'none';"
    " form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script';"
    " trusted-types 'none'"
)
OwnSite = Depends(check_same_site)


def inbox(request: Request) -> Inbox:
    """The way in of this application."""
    found: Inbox = request.app.state.line.inbox
    return found


def links(request: Request) -> Links:
    """The links of this application."""
    found: Links = request.app.state.line.links
    return found


@router.post("/line/webhook/{account_id}")
async def take_webhook(
    request: Request,
    account_id: str,
    inbox: Annotated[Inbox, Depends(inbox)],
    x_line_signature: Annotated[str | None, Header()] = None,
) -> JSONResponse:
    """Take events of LINE: checked, stored once, answered at once."""
    account = inbox.account(account_id)
    await inbox.take(account, await _read(request), x_line_signature)
    return JSONResponse({})


async def _read(request: Request) -> bytes:
    """The body as it came.

    Raises:
        WebhookTooLargeError: It is larger than anything that LINE sends.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise WebhookTooLargeError("At most 1 MB.")
    return body


@router.get(f"{PATH}/{{token}}")
async def show_link(token: str, links: Annotated[Links, Depends(links)]) -> HTMLResponse:
    """One button; robots that look at links beforehand use nothing up."""
    return _page("open.html", is_open=await links.is_open(token))


@router.post(f"{PATH}/{{token}}", dependencies=[OwnSite])
async def use_link(
    request: Request,
    token: str,
    links: Annotated[Links, Depends(links)],
    plain: Annotated[str, Form(max_length=1)] = "",
) -> Response:
    """Open the conversation in this browser; its token stands in no address and no log."""
    opened = await links.use(token)
    if opened is None:
        return _page("open.html", is_open=False, status=410)
    if plain:
        answer: Response = RedirectResponse(PLAIN_PATH, 303)
        keep_token(answer, opened.token, request.app.state.settings)
        return answer
    shown = _page("opened.html", opened=opened)
    shown.delete_cookie(COOKIE, path="/chat")
    return shown


def _page(name: str, *, status: int = 200, **values: object) -> HTMLResponse:
    page = TEMPLATES.get_template(name).render(**values)
    headers = {"Content-Security-Policy": OPEN_POLICY, "Cache-Control": "no-store"}
    return HTMLResponse(page, status, headers=headers)
