"""Hashes that tell Rasa's training cache when a component has to be trained again.

Rasa hashes the source of the component class alone; these components share modules and read
files, which have to count too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=1)
def code_fingerprint() -> str:
    """A hash of all modules of this package."""
    return files_fingerprint(sorted(Path(__file__).parent.glob("*.py")))


def files_fingerprint(paths: Iterable[Path]) -> str:
    """A hash of the names and contents of files, in the order given; a missing file counts."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode())
        digest.update(path.read_bytes() if path.is_file() else b"\0missing")
    return digest.hexdigest()
