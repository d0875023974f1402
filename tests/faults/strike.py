"""Does to a running product what a plan says."""

import contextlib
import subprocess
import sys
import threading

from tests.faults.plan import Plan, Target
from tests.product import Product

DATABASE_FILE = "jinjibu.db"
START_OPTIONS = ("--no-train",)
HOLD_LOCK = """
import sqlite3, sys, time
database = sqlite3.connect(sys.argv[1], timeout=60, isolation_level=None)
print("here", flush=True)
sys.stdin.readline()
database.execute("BEGIN EXCLUSIVE")
time.sleep(float(sys.argv[2]))
database.execute("ROLLBACK")
"""


class Striker:
    """Strikes once, a while after it is told to; several may share one product."""

    one_at_a_time = threading.Lock()

    def __init__(self, product: Product, plan: Plan) -> None:
        self._product = product
        self._plan = plan
        self._lock_holder = self._prepare_lock() if plan.target is Target.DATABASE else None
        self._timer = threading.Timer(plan.delay_seconds, self._strike)
        self._error: Exception | None = None

    def _prepare_lock(self) -> "subprocess.Popen[bytes]":
        """A process that waits for a line and then keeps everybody else from writing."""
        path = str(self._product.data / DATABASE_FILE)
        command = [sys.executable, "-c", HOLD_LOCK, path, str(self._plan.cut_off_seconds)]
        holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"here\n"
        return holder

    def begin(self) -> None:
        """Strike after the plan's delay, beside the caller."""
        self._timer.start()

    def end(self) -> None:
        """Wait until it has struck and what it started is over.

        Raises:
            AssertionError: It could not strike, so the run has shown nothing.
        """
        if not self._timer.ident:
            self.give_up()
            raise AssertionError(f"step '{self._plan.step}' was never reached")
        self._timer.join()
        if self._lock_holder is not None:
            assert self._lock_holder.wait() == 0
            self._close_pipes()
        if self._error is not None:
            raise AssertionError(f"could not strike: {self._error}") from self._error

    def give_up(self) -> None:
        """Leave nothing behind when the run ends early."""
        self._timer.cancel()
        if self._timer.ident:
            self._timer.join()
        if self._lock_holder is not None:
            self._lock_holder.kill()
            self._lock_holder.wait()
            self._close_pipes()

    def _close_pipes(self) -> None:
        assert self._lock_holder is not None
        for pipe in (self._lock_holder.stdin, self._lock_holder.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()

    def _strike(self) -> None:
        try:
            with self.one_at_a_time:
                self._strike_now()
        except Exception as exc:  # noqa: BLE001 (told by end() in the thread of the run)
            self._error = exc

    def _strike_now(self) -> None:
        match self._plan.target:
            case Target.DESK:
                self._kill("desk")
            case Target.RASA:
                self._kill("rasa")
            case Target.BOTH:
                self._kill("desk")
                self._kill("rasa")
            case Target.LAUNCHER:
                self._product.kill_all()
                self._product.start(*START_OPTIONS)
            case Target.DATABASE:
                assert self._lock_holder is not None
                assert self._lock_holder.stdin is not None
                self._lock_holder.stdin.write(b"now\n")
                self._lock_holder.stdin.flush()

    def _kill(self, name: str) -> None:
        # Another owner's run may have killed it a moment ago.
        with contextlib.suppress(ProcessLookupError):
            self._product.kill(name)
