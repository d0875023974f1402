"""`python -m tests.line.simulator`: serves a LINE-like page and LINE's API for desk."""

import argparse
import json
import secrets
import sys
from pathlib import Path

import uvicorn

from desk.launcher.parent import end_with_parent
from tests.line.fake.clock import real_time
from tests.line.fake.line import FakeLine
from tests.line.fake.serving import Connections
from tests.line.simulator.accounts import WEBHOOK, AccountsError, open_accounts
from tests.line.simulator.app import create_app
from tests.line.simulator.desktop import Desktop

PORT = 8010
HOST = "127.0.0.1"


def main() -> int:
    """Serve until stopped; gives the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.line.simulator",
        description="A LINE of one's own for trying the bot by hand; nothing goes to LINE.",
    )
    parser.add_argument("--port", type=int, default=PORT, help="of the page (%(default)s)")
    parser.add_argument(
        "--accounts", type=Path, help="desk's table of accounts; else one is made up"
    )
    parser.add_argument("--desk", default="http://127.0.0.1:8000", help="address of desk")
    given = parser.parse_args()
    end_with_parent()
    line = FakeLine(real_time, seed=secrets.randbits(64))
    line.base = f"http://{HOST}:{given.port}"
    if given.accounts is None:
        line.account.webhook.url = f"{given.desk}{WEBHOOK}{line.account.name}"
        # JSON is YAML: desk can read it as it is.
        table = {"accounts": {line.account.name: line.settings()}}
        print("For JINJIBU_LINE_FILE:", json.dumps(table, ensure_ascii=False))
    else:
        try:
            open_accounts(line, given.accounts, given.desk)
        except AccountsError as exc:
            print(exc, file=sys.stderr)
            return 1
    desktop = Desktop(line)
    desktop.add_people()
    connections = Connections()
    app = create_app(desktop, connections.reset)
    print(f"LINE simulator on {line.base}", flush=True)
    uvicorn.run(
        app, host=HOST, port=given.port, http=connections.protocol(), ws="none",
        log_level="warning", access_log=False, timeout_graceful_shutdown=1,
    )  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
