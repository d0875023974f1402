"""Serves the widget's files: without comments, compressed, once made and kept.

There is no build step; the files in `web_widget/` are what runs, less what only people
read.
"""

import gzip
import hashlib
import re
from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter, Request, Response

from desk.config import ROOT
from desk.errors import NotFoundError

router = APIRouter(include_in_schema=False)
FOLDER = ROOT / "web_widget"
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
COMMENT_BLOCK = re.compile(r"(?ms)^[ \t]*/\*.*?\*/[ \t]*\n")
COMMENT_LINE = re.compile(r"(?m)^[ \t]*//.*\n")
INDENTATION = re.compile(r"(?m)^[ \t]+")
EMPTY_LINES = re.compile(r"\n{2,}")
TYPE_IN_LINE = re.compile(r"/\*\* .*?\*/ ?")
ROUND_SIGNS = re.compile(r"\s*([{};,])\s*")


def shortened(text: str, suffix: str) -> str:
    """The text without whole-line comments, types, indentation and empty lines.

    Args:
        text: A script or style sheet.
        suffix: `.js` or `.css`.
    """
    for pattern in (COMMENT_BLOCK, COMMENT_LINE, INDENTATION):
        text = pattern.sub("", text)
    if suffix == ".css":
        return ROUND_SIGNS.sub(r"\1", text)
    return EMPTY_LINES.sub("\n", TYPE_IN_LINE.sub("", text))


@lru_cache(maxsize=64)
def _compressed(path: Path, modified: int) -> tuple[bytes, str]:
    text = shortened(path.read_text(encoding="utf-8"), path.suffix)
    body = gzip.compress(text.encode(), 9, mtime=0)
    return body, f'"{hashlib.sha256(body).hexdigest()[:24]}"'


@router.get("/static/widget/{name}")
async def widget_file(request: Request, name: str) -> Response:
    """One script or style of the widget."""
    path = FOLDER / name
    if path.suffix not in TYPES or path.parent != FOLDER or not path.is_file():
        raise NotFoundError("There is no such file.")
    body, tag = _compressed(path, path.stat().st_mtime_ns)
    headers = {
        "ETag": tag,
        "Cache-Control": "public, max-age=300",
        "X-Content-Type-Options": "nosniff",
        "Vary": "Accept-Encoding",
    }
    if request.headers.get("If-None-Match") == tag:
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        headers["Content-Encoding"] = "gzip"
    else:
        body = gzip.decompress(body)
    return Response(body, media_type=TYPES[path.suffix], headers=headers)
