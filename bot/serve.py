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


def main() -> None:
    """Load the model and serve until stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="model archive")
    parser.add_argument("--port", type=int, default=5005)
    arguments = parser.parse_args()
    end_with_parent()
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")

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
