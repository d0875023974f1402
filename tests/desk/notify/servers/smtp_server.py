"""A real mail server in a process of its own; the recipient's name decides what it does.

Usage: python smtp_server.py '{"security": "starttls", "cert": "…", "login": ["user", "pass"]}'
It prints its port, and one JSON line for each mail that it took.
"""

import asyncio
import json
import ssl
import sys
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class Handler:
    """Takes mail, or not."""

    async def handle_RCPT(  # noqa: N802 (aiosmtpd calls it so)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        name = address.partition("@")[0]
        if name == "unknown":
            return "550 5.1.1 no such person here"
        if name == "full":
            return "452 4.2.2 the box is full for now"
        if name == "cut":
            server.transport.abort()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 (the same)
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        name = envelope.rcpt_tos[0].partition("@")[0]
        if name == "refused":
            return "554 5.7.1 not from you"
        if name == "later":
            return "451 4.3.0 try again later"
        content = envelope.content or b""
        assert isinstance(content, bytes)
        taken = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "content": content.decode("ascii"),
            "tls": session.ssl is not None
            or server.transport.get_extra_info("ssl_object") is not None,
            "authenticated": session.authenticated,
        }
        print(json.dumps(taken), flush=True)
        return "250 OK queued as 4711"


def authenticator(login: list[str]) -> Any:
    def check(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        is_right = [data.login.decode(), data.password.decode()] == login
        return AuthResult(success=is_right, handled=False)

    return check


async def main(options: dict[str, Any]) -> None:
    context = None
    if options.get("cert"):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(options["cert"])
    security, login = options["security"], options.get("login")

    def server() -> SMTP:
        return SMTP(
            Handler(),
            hostname="localhost",
            tls_context=context if security == "starttls" else None,
            require_starttls=security == "starttls",
            authenticator=authenticator(login) if login else None,
            auth_required=bool(login),
            auth_require_tls=security == "starttls",
        )

    listening = await asyncio.get_running_loop().create_server(
        server, "127.0.0.1", 0, ssl=context if security == "tls" else None
    )
    print(listening.sockets[0].getsockname()[1], flush=True)
    await listening.serve_forever()


asyncio.run(main(json.loads(sys.argv[1])))
