"""Two worker processes on one database, their diary, and what must hold in it."""

import itertools
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from desk.config import ROOT


@dataclass(kw_only=True)
class Run:
    """One time that a worker did a job."""

    job: UUID
    pid: int
    begin: float
    end: float | None = None


@dataclass
class Crew:
    """Worker processes that write one diary."""

    url: str
    folder: Path
    lease_seconds: float = 0.0
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    killed: dict[int, float] = field(default_factory=dict)

    @property
    def diary(self) -> Path:
        return self.folder / "diary"

    @property
    def log(self) -> str:
        return (self.folder / "workers.log").read_text(errors="replace")

    def start(self, *, lease_seconds: float) -> None:
        """Start two workers."""
        self.lease_seconds = lease_seconds
        self.add()
        self.add()

    def add(self) -> None:
        """Start one more worker."""
        module = "tests.desk.jobs.worker_process"
        command = [sys.executable, "-m", module, self.url, str(self.diary)]
        with (self.folder / "workers.log").open("ab") as output:
            process = subprocess.Popen(
                [*command, str(self.lease_seconds)], cwd=ROOT, stdout=output, stderr=output
            )
        self.processes.append(process)

    def kill_one(self, number: int) -> None:
        """kill -9 a worker and start another."""
        process = self.processes.pop(number % len(self.processes))
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.killed[process.pid] = time.monotonic()
        self.add()

    def stop(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()

    def runs(self) -> list[Run]:
        """Every run in the diary, in the order of their beginnings."""
        open_runs: dict[tuple[UUID, int], Run] = {}
        runs = []
        for line in self.diary.read_text().splitlines():
            what, job, pid, at = line.split()
            key = (UUID(job), int(pid))
            if what == "begin":
                open_runs[key] = Run(job=key[0], pid=key[1], begin=float(at))
                runs.append(open_runs[key])
            else:
                open_runs[key].end = float(at)
        return sorted(runs, key=lambda run: run.begin)

    def faults(self, key_of: dict[UUID, str | None]) -> list[str]:
        """What must not have happened: a job run twice at once, a key out of order."""
        faults = []
        by_job: defaultdict[UUID, list[Run]] = defaultdict(list)
        by_key: defaultdict[str, list[Run]] = defaultdict(list)
        for run in self.runs():
            by_job[run.job].append(run)
            key = key_of[run.job]
            if key is not None:
                by_key[key].append(run)
        faults += [f"never done: {job}" for job in key_of.keys() - by_job.keys()]
        for name, runs in (*by_job.items(), *by_key.items()):
            faults += [
                f"{name}: two at once"
                for one, two in itertools.pairwise(runs)
                if two.begin < self._ended(one)
            ]
        for key, runs in by_key.items():
            jobs = [run.job for run in runs]
            if jobs != sorted(jobs):
                faults.append(f"{key}: out of order")
        return faults

    def _ended(self, run: Run) -> float:
        if run.end is not None:
            return run.end
        return self.killed.get(run.pid, run.begin)


def pids_alive(crew: Crew) -> list[int]:
    """Workers that have not ended by themselves."""
    return [process.pid for process in crew.processes if process.poll() is None]


def environment() -> dict[str, str]:
    """The environment without settings of the machine."""
    return {name: value for name, value in os.environ.items() if not name.startswith("JINJIBU_")}
