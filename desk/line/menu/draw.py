"""Draws the image of the rich menu: `python -m desk.line.menu.draw`, after each change.

Needs a Chromium (`JINJIBU_CHROMIUM` names one) and the font Noto Sans CJK.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, select_autoescape

from desk.line.menu import FOLDER, IMAGE_FILE, Menu, image_problems, read_menu

DRAWN_FILE: Final = FOLDER / "menu.drawn"
"""Fingerprint of what the image was drawn from, so that an old image shows."""
_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
_SECONDS: Final = 60


def page_of(menu: Menu) -> str:
    """The menu as a page of its size."""
    found = Environment(loader=FileSystemLoader(FOLDER), autoescape=select_autoescape(default=True))
    return found.get_template("menu.html.j2").render(menu=menu)


def fingerprint(page: str) -> str:
    """SHA-256 of the page."""
    return hashlib.sha256(page.encode()).hexdigest()


def draw(menu: Menu, browser: str, target: Path) -> None:
    """Draw the page into a PNG file.

    Raises:
        subprocess.CalledProcessError: The browser failed; its words are in `stderr`.
    """
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "menu.html"
        page.write_text(page_of(menu), encoding="utf-8")
        arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--hide-scrollbars",
            "--force-device-scale-factor=1",
            f"--user-data-dir={folder}/profile",
            f"--window-size={menu.width},{menu.height}",
            f"--screenshot={target}",
            page.as_uri(),
        ]
        subprocess.run(  # noqa: S603 (our own browser and page)
            [browser, *arguments], check=True, capture_output=True, timeout=_SECONDS
        )


def find_browser() -> str | None:
    """The Chromium of this machine."""
    chosen = os.environ.get("JINJIBU_CHROMIUM")
    return chosen or next(filter(None, map(shutil.which, _BROWSERS)), None)


def main() -> int:
    """Draw the image and note what it was drawn from."""
    browser = find_browser()
    if browser is None:
        sys.stderr.write("No Chromium was found. Install it, or name it in JINJIBU_CHROMIUM.\n")
        return 1
    menu = read_menu()
    draw(menu, browser, IMAGE_FILE)
    if found := image_problems(IMAGE_FILE.read_bytes(), menu):
        sys.stderr.write("".join(f"{IMAGE_FILE}: {each}\n" for each in found))
        return 1
    DRAWN_FILE.write_text(f"{fingerprint(page_of(menu))}\n", encoding="ascii")
    return 0


if __name__ == "__main__":
    sys.exit(main())
