"""Another organisation's website, on an origin of its own, that embeds the chat."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(slots=True, kw_only=True)
class Host:
    """A website whose pages a test writes."""

    origin: str
    """Another site than desk's: browsers may refuse its frames a storage."""
    near: str
    """The same website under an address of desk's own site."""
    pages: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)

    def page(
        self,
        name: str,
        *,
        head: str = "",
        body: str = "",
        headers: dict[str, str] | None = None,
        near: bool = False,
    ) -> str:
        """Put a page there; gives its address."""
        html = f"<!doctype html><html lang=ja><head><title>市</title>{head}</head><body>{body}"
        self.pages[f"/{name}"] = (f"{html}</body></html>", headers or {})
        return f"{self.near if near else self.origin}/{name}"


@contextmanager
def running_host() -> Iterator[Host]:
    """Serve the website until the tests are done."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            html, headers = host.pages.get(self.path, ("", {}))
            self.send_response(200 if html else 204)  # 204: the icon that browsers ask for.
            self.send_header("Content-Type", "text/html; charset=utf-8")
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    port = server.server_address[1]
    host = Host(origin=f"http://localhost:{port}", near=f"http://127.0.0.1:{port}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield host
    server.shutdown()
    thread.join()
    server.server_close()
