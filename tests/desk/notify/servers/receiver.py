"""A real receiver of webhooks in a process of its own; the path decides what it answers.

It checks signatures by the text of Standard Webhooks, with none of desk's code.
Usage: python receiver.py '{"secret": "whsec_…", "cert": "…"}'. It prints its port.
`GET /received` gives what it took.
"""

import base64
import hashlib
import hmac
import json
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

OPTIONS: dict[str, Any] = json.loads(sys.argv[1])
KEY = base64.b64decode(OPTIONS["secret"].removeprefix("whsec_"))
FIVE_MINUTES = 300
received: list[dict[str, Any]] = []
seen: dict[str, int] = {}
stopping = threading.Event()


def is_signed(headers: Any, body: bytes) -> bool:
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not timestamp.isdecimal() or abs(time.time() - int(timestamp)) > FIVE_MINUTES:
        return False
    signed = message_id.encode() + b"." + timestamp.encode() + b"." + body
    wanted = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
    given = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(f"v1,{wanted}", signature) for signature in given)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def answer(self, status: int, body: object = None, **headers: str) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self) -> None:
        long = "x" * 200_000 if self.path == "/long" else ""
        self.answer(200, long or {"received": received, "seen": seen})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        name = self.path.strip("/")
        seen[name] = seen.get(name, 0) + 1
        if not is_signed(self.headers, body):
            self.answer(401, "the signature is wrong")
        elif name == "fail" or (name == "flaky" and seen[name] < 3):
            self.answer(500)
        elif name == "hang":
            stopping.wait(60)
        elif name == "redirect":
            self.answer(307, Location="/ok")
        elif name == "gone":
            self.answer(410)
        elif name == "busy":
            self.answer(503, Retry_After="7")
        else:
            received.append(
                {
                    "path": self.path,
                    "host": self.headers.get("Host"),
                    "type": self.headers.get("Content-Type"),
                    "id": self.headers.get("webhook-id"),
                    "event": json.loads(body),
                }
            )
            self.answer(202)


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
if OPTIONS.get("cert"):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(OPTIONS["cert"])
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
