"""Runs the Rasa server on loopback: `python -m bot.serve --model FILE --port N`.

The token comes from the environment (`JINJIBU_RASA_TOKEN`), so that it stands in no
list of processes.
"""

import argparse
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def end_with_parent() -> None:
    """Watch standard input, which the launcher keeps open, and stop when it closes."""
    if os.environ.get("JINJIBU_WATCH_STDIN") != "1":
        return

    def watch() -> None:
        while sys.stdin.buffer.read(4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent", daemon=True).start()


def set_up_logging() -> None:
    """Log warnings and errors only, and of Rasa's structured ones the name alone.

    Rasa's debug log, which structlog prints unless told otherwise, holds what owners write.
    """
    import structlog

    def only_name(_: object, __: str, event: dict[str, Any]) -> dict[str, Any]:
        return {name: event[name] for name in ("event", "level") if name in event}

    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            only_name,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        cache_logger_on_first_use=True,
    )


def main() -> None:
    """Load the model and serve until stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="model archive")
    parser.add_argument("--port", type=int, default=5005)
    arguments = parser.parse_args()
    end_with_parent()
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    set_up_logging()

    from bot.channels.tracker_seal import TrackerKeysError, TrackerSeal

    try:
        TrackerSeal.from_environment()  # Before Rasa, which takes seconds to load.
    except TrackerKeysError as exc:
        sys.exit(f"Could not start. {exc}")

    from rasa.core.run import serve_application
    from rasa.core.utils import AvailableEndpoints

    serve_application(
        model_path=str(arguments.model),
        interface="127.0.0.1",
        port=arguments.port,
        credentials=str(ROOT / "credentials.yml"),
        endpoints=AvailableEndpoints.read_endpoints(str(ROOT / "endpoints.yml")),
        auth_token=os.environ["JINJIBU_RASA_TOKEN"],
        enable_api=True,
    )


if __name__ == "__main__":
    main()
