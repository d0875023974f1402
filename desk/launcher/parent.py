"""Ends this process when the one that started it is gone, however it went."""

import os
import signal
import sys
import threading

WATCH = "JINJIBU_WATCH_STDIN"


def end_with_parent() -> None:
    """Watch standard input, which the launcher keeps open, and stop when it closes."""
    if os.environ.get(WATCH) != "1":
        return

    def watch() -> None:
        while sys.stdin.buffer.read(4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent", daemon=True).start()
