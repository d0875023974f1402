"""The printable report of one conversation."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, select_autoescape

from desk.chat.models import Author, Message
from desk.chat.schemas import MessageOut
from desk.config import JST

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(default=True),
)
CONTACT = "contact"
"""Kind of the questions for a name, an address or a number."""
REPORT_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)


def last_card(messages: Sequence[MessageOut], kind: str) -> dict[str, Any] | None:
    """The newest card of this kind, if one was shown."""
    cards = [m.card for m in messages if m.card and m.card.get("kind") == kind]
    return cards[-1] if cards else None


def said(rows: Sequence[Message]) -> list[str]:
    """What the owner wrote in their own words: no buttons, no name, address or number."""
    words: list[str] = []
    asked: dict[str, Any] = {}
    for row in rows:
        asked = row.content.get("question") or asked
        is_typed = row.author == Author.USER and row.payload is None and row.text
        if is_typed and asked.get("kind") != CONTACT:
            words.append(row.text)
    return list(dict.fromkeys(words))


def render_report(request: Request, rows: Sequence[Message]) -> HTMLResponse:
    """The newest diagnosis, recommendations and receipt as a page to print."""
    messages = [MessageOut.from_row(row) for row in rows]
    page = TEMPLATES.get_template("report.html").render(
        base_url=str(request.base_url),
        made_on=messages[-1].created_at.astimezone(JST).date().isoformat() if messages else None,
        diagnosis=last_card(messages, "diagnosis"),
        recommendations=last_card(messages, "recommendations"),
        receipt=last_card(messages, "receipt"),
        said=said(rows),
    )
    headers = {"Content-Security-Policy": REPORT_POLICY, "Cache-Control": "no-store"}
    return HTMLResponse(page, headers=headers)
