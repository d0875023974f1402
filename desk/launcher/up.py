"""`jinjibu up`: sets everything up, serves, and stops everything again."""

import logging
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

import httpx
from rich.console import Console

from desk.config import Settings
from desk.launcher import model, simulator, steps
from desk.launcher.errors import SetupError
from desk.launcher.processes import Child, desk_child, rasa_child, start_all, stop_all
from desk.observability import set_up_logging

T = TypeVar("T")
READY_SECONDS = 180.0
WATCH_SECONDS = 0.5
STEPS = 7


class Stopped(Exception):  # noqa: N818 (not an error: the operator's wish)
    """The operator asked to stop."""


class Progress:
    """Names each step as it begins, and its time when it is done."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._number = 0

    def step(self, title: str, work: Callable[[], T]) -> T:
        """Do one step of the start."""
        self._number += 1
        label = f"[{self._number}/{STEPS}] {title}"
        begin = time.monotonic()
        if self._console.is_terminal:
            with self._console.status(label):
                result = work()
        else:
            self._console.print(f"{label} ...", markup=False, highlight=False)
            result = work()
        done = f"{label} ({time.monotonic() - begin:.1f} s)"
        self._console.print(done, markup=False, highlight=False)
        return result


def run_up(settings: Settings, *, may_train: bool, simulator_port: int | None = None) -> int:
    """Set up and serve until Ctrl-C or TERM.

    Args:
        settings: As the operator gave them.
        may_train: Whether a model may be trained when its inputs changed.
        simulator_port: Where the LINE simulator is served too; None for none.

    Returns:
        Exit code: 0 after an orderly stop, 1 if the start failed, 2 if a process kept ending.
    """
    set_up_logging(logging.WARNING)
    console = Console(file=sys.stdout, soft_wrap=True)
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    children: list[Child] = []
    try:
        _start(settings, console, children, may_train=may_train, simulator_port=simulator_port)
        return _watch(children, console)
    except Stopped:
        console.print("Stopping ...")
        return 0
    except SetupError as exc:
        _print_error(exc)
        return 1
    finally:
        stop_all(children)


def _stop(number: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise Stopped


def _print_error(error: SetupError) -> None:
    stderr = Console(stderr=True, soft_wrap=True)
    stderr.print(f"\nCould not start. {error.what}", markup=False, highlight=False)
    stderr.print(f"What to do: {error.remedy}", markup=False, highlight=False)


def _start(
    settings: Settings,
    console: Console,
    children: list[Child],
    *,
    may_train: bool,
    simulator_port: int | None,
) -> None:
    progress = Progress(console)
    progress.step("Checking ports, disk and data folder", lambda: _check(settings, simulator_port))
    progress.step("Checking the content", lambda: steps.check_knowledge(settings))
    progress.step("Installing Rasa's environment", steps.sync_rasa_environment)
    trained = progress.step(
        "Training the model (only when its inputs changed)",
        lambda: model.train_if_needed(settings, may_train=may_train),
    )
    admin = progress.step("Preparing the database", lambda: steps.prepare_database(settings))
    settings = steps.with_secrets(settings).model_copy(
        update={"model_fingerprint": model.fingerprint()}
    )
    if simulator_port is not None:
        settings = simulator.with_accounts(settings, simulator_port)
    children += [desk_child(settings), rasa_child(settings, trained)]
    if simulator_port is not None:
        child = simulator.simulator_child(settings, simulator_port, base_url(settings))
        children.append(child)
    progress.step("Starting desk and Rasa", lambda: start_all(children))
    progress.step("Waiting until a message would be answered", lambda: _wait(settings, children))
    _print_addresses(settings, console, admin, simulator_port)


def _check(settings: Settings, simulator_port: int | None) -> None:
    steps.check_ports(settings)
    if simulator_port is not None:
        steps.check_port(simulator.HOST, simulator_port, "--line-simulator-port")
    steps.prepare_data(settings)


def base_url(settings: Settings) -> str:
    """Address under which this machine reaches desk."""
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def _wait(settings: Settings, children: list[Child]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    with httpx.Client(trust_env=False, timeout=3) as client:
        while time.monotonic() < deadline:
            for child in children:
                if not child.is_running:
                    raise SetupError(
                        f"{child.name} ended while starting. Its last lines:\n{child.last_lines()}",
                        f"Read {child.log_path} for more.",
                    )
            try:
                if client.get(f"{base_url(settings)}/readyz").status_code == httpx.codes.OK:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.2)
    logs = ", ".join(str(child.log_path) for child in children)
    raise SetupError(f"Not ready after {READY_SECONDS:.0f} seconds.", f"Read {logs}.")


def _print_addresses(
    settings: Settings,
    console: Console,
    admin: tuple[str, str] | None,
    simulator_port: int | None,
) -> None:
    base = base_url(settings)
    lines = [
        "",
        f"Chat page   {base}/chat",
        f"Console     {base}/console",
        f"API docs    {base}/docs",
        f"Data, logs  {settings.data.resolve()}",
    ]
    if simulator_port is not None:
        lines.insert(2, f"LINE        {simulator.base_url(simulator_port)} (simulator)")
    if admin is not None:
        lines += [
            "",
            "First administrator (shown only this once):",
            f"  login     {admin[0]}",
            f"  password  {admin[1]}",
        ]
    lines += ["", "Ready. Stop with Ctrl-C."]
    for line in lines:
        console.print(line, markup=False, highlight=False)


def _watch(children: list[Child], console: Console) -> int:
    """Keep all processes running."""
    while True:
        for child in children:
            if not child.restart_if_ended():
                what = f"{child.name} ends again and again. Its last lines:\n{child.last_lines()}"
                _print_error(SetupError(what, f"Read {child.log_path}."))
                return 2
        time.sleep(WATCH_SECONDS)
