"""Serves the widget's files: without comments, compressed, once made and kept.

There is no build step; the files in `web_widget/` are what runs, less what only people
read.
"""

import gzip
import hashlib
from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter, Request, Response

from desk.chat.sites import Site, Sites
from desk.chat.widget_bundle import bundle, shortened
from desk.config import ROOT
from desk.errors import NotFoundError

router = APIRouter(include_in_schema=False)
FOLDER = ROOT / "web_widget"
ENTRY = FOLDER / "app.js"
BUNDLE = "chat.js"
"""The page's script: `app.js` and all that it imports."""
LOADER = FOLDER / "loader.js"
GIVEN = "const given = {};"
"""Line of the loader in whose place a site's own words and colours come."""
SCRIPT = "text/javascript; charset=utf-8"
STYLE = "text/css; charset=utf-8"
TYPES = {".js": SCRIPT, ".css": STYLE}


@lru_cache(maxsize=64)
def _compressed(text: str) -> tuple[bytes, str]:
    body = gzip.compress(text.encode(), 9, mtime=0)
    return body, f'"{hashlib.sha256(body).hexdigest()[:24]}"'


@lru_cache(maxsize=1)
def _bundled(modified: int) -> str:
    return bundle(ENTRY)


def chat_script() -> str:
    """The page's script; made anew when a module has changed."""
    return _bundled(max(path.stat().st_mtime_ns for path in FOLDER.glob("*.js")))


@lru_cache(maxsize=64)
def _shortened(path: Path, modified: int) -> str:
    return shortened(path.read_text(encoding="utf-8"), path.suffix)


def file_text(path: Path) -> str:
    """A file of the widget as it is served; made anew when it has changed."""
    return _shortened(path, path.stat().st_mtime_ns)


def loader_script(site: Site | None = None) -> str:
    """The loader, with what the table says of the site."""
    text = file_text(LOADER)
    if site is None:
        return text
    return text.replace(GIVEN, f"const given = {site.loader_json()};", 1)


def _answer(request: Request, text: str, media_type: str) -> Response:
    body, tag = _compressed(text)
    headers = {
        "ETag": tag,
        "Cache-Control": "public, max-age=300",
        "X-Content-Type-Options": "nosniff",
        "Vary": "Accept-Encoding",
        # Pages that isolate themselves (COEP) load nothing that does not allow it.
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    if request.headers.get("If-None-Match") == tag:
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(body, media_type=media_type, headers=headers)
    return Response(text, media_type=media_type, headers=headers)


def _site(request: Request, site_id: str) -> Site:
    sites: Sites = request.app.state.sites
    site = sites.find(site_id)
    if site is None:
        raise NotFoundError("There is no such site. See JINJIBU_SITES_FILE.")
    return site


@router.get("/static/widget/{name}")
async def widget_file(request: Request, name: str) -> Response:
    """One script or style of the widget."""
    if name == BUNDLE:
        return _answer(request, chat_script(), SCRIPT)
    path = FOLDER / name
    if path.suffix not in TYPES or path.parent != FOLDER or not path.is_file():
        raise NotFoundError("There is no such file.")
    return _answer(request, file_text(path), TYPES[path.suffix])


@router.get("/embed/{site_id}.js")
async def site_loader(request: Request, site_id: str) -> Response:
    """The loader as one site embeds it."""
    return _answer(request, loader_script(_site(request, site_id)), SCRIPT)


@router.get("/embed/{site_id}.css")
async def site_style(request: Request, site_id: str) -> Response:
    """The colours of one site's panel."""
    return _answer(request, _site(request, site_id).style(), STYLE)
