"""Rendering of the console's pages and the headers that every answer carries."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from desk.auth.dependencies import lacks_second_factor, must_change_password
from desk.auth.rights import can_lead, can_manage_users, visible_hub
from desk.auth.service import SignedIn
from desk.config import Settings
from desk.console.labels import day, jst, label, labels
from desk.console.line_view import sees_line

HERE = Path(__file__).parent
STYLE_SHEET = HERE / "static" / "console.css"
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:;"
        " connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cache-Control": "no-store",
    # Not `no-referrer`: with it browsers send `Origin: null` with the console's own forms.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@cache
def _environment() -> Environment:
    """The templates; text from people is escaped everywhere."""
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    digest = hashlib.sha256(STYLE_SHEET.read_bytes()).hexdigest()[:8]
    environment.globals.update(words=labels(), label=label, style_version=digest)
    environment.filters.update(jst=jst, day=day, yen="{:,}".format)
    return environment


def render(
    request: Request,
    template: str,
    *,
    signed: SignedIn | None,
    status_code: int = 200,
    **context: Any,
) -> HTMLResponse:
    """One page.

    Args:
        request: The request; `?done=` names the deed that the page confirms.
        template: File in `templates/`.
        signed: Who sees the page; None where nobody is logged in.
        status_code: HTTP status of the answer.
        **context: What the template needs beside that.
    """
    done = request.query_params.get("done", "")
    page = (
        _environment()
        .get_template(template)
        .render(
            signed=signed,
            must_act_first=signed is not None and _must_act_first(request, signed),
            manages_users=signed is not None and can_manage_users(signed.user),
            reviews=signed is not None and can_lead(signed.user),
            sees_reports=signed is not None and visible_hub(signed.user) is None,
            sees_line=signed is not None and sees_line(request, signed.user),
            unread_mentions=getattr(request.state, "unread_mentions", 0),
            done=labels()["done"].get(done),
            **context,
        )
    )
    return HTMLResponse(page, status_code)


def _must_act_first(request: Request, signed: SignedIn) -> bool:
    """Whether nothing else opens before a password or an authenticator app is set."""
    settings: Settings = request.app.state.settings
    return must_change_password(signed) or lacks_second_factor(signed, settings)


def render_error(request: Request, code: str, status_code: int, **context: Any) -> HTMLResponse:
    """A page that says what went wrong and shows the way back.

    Args:
        request: The request that failed.
        code: Name of the error; unknown names are told as a fault of ours.
        status_code: HTTP status of the answer.
        **context: `reference` for errors that the log explains.
    """
    known = labels()["errors"]
    error = known.get(code, known["failed"])
    return render(
        request,
        "error.html",
        signed=None,
        status_code=status_code,
        error=error,
        case_path=case_path(request),
        **{"reference": None, **context},
    )


def case_path(request: Request) -> str | None:
    """The address of the case that the request was about, if it was about one."""
    case_id = request.path_params.get("case_id")
    return f"/console/cases/{case_id}" if case_id else None
