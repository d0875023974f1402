"""Room on the disk that holds the data folder."""

import shutil
from pathlib import Path

MEGABYTE = 2**20
NO_ROOM_BYTES = 16 * MEGABYTE
"""With less, SQLite is about to refuse what owners write."""


def free_bytes(folder: Path) -> int:
    """Free room for this user on the disk of `folder`, in bytes."""
    return shutil.disk_usage(folder).free
