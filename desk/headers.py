"""The headers that every answer carries, whoever made it.

A page that needs other rules sets them itself; what it leaves out is filled in here. So
no answer is without them, be it a page, JSON, a file, a refusal or a fault.
"""

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from desk.config import Settings

DEFAULTS = {
    # For answers that are no page: a browser that shows one all the same runs nothing.
    "Content-Security-Policy": (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Permissions-Policy": (
        "accelerometer=(), autoplay=(), camera=(), display-capture=(), geolocation=(),"
        " gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
PRIVATE = {"Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "same-origin"}
PRIVATE_PATHS = ("/api/", "/console", "/internal/", "/metrics")
"""What nobody but the asker may keep, and no other site may load."""
TLS = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}


def fill_in(headers: MutableHeaders, path: str, settings: Settings) -> None:
    """Set every header that the answer does not have yet."""
    wanted = DEFAULTS | (TLS if settings.secure_cookies else {})
    if path.startswith(PRIVATE_PATHS):
        wanted = wanted | PRIVATE
    for name, value in wanted.items():
        headers.setdefault(name, value)


class SecurityHeaders:
    """Fills in the headers of every HTTP answer of `app`."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; touch only the beginning of answers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                fill_in(MutableHeaders(scope=message), scope["path"], self._settings)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def install_security_headers(app: FastAPI, settings: Settings) -> None:
    """Have `app` answer nothing without the headers; faults are covered in `desk.errors`."""
    app.add_middleware(SecurityHeaders, settings=settings)
