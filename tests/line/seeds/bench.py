"""What the runs of one process share: the content, and databases made from one template."""

import asyncio
import logging
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import util
from pathlib import Path

from advisor.knowledge import KnowledgeBase, load_knowledge
from desk.config import ROOT
from desk.observability import set_up_logging
from tests.desk.migrated import migrate_now
from tests.line.fake import sdk, spec
from tests.line.seeds.plan import make_plan
from tests.line.seeds.runs import Outcome, run_plan
from tests.servers import Databases, start_postgres

MEMORY = Path("/dev/shm")
"""Nothing of a run has to outlive it."""


class Bench:
    """Runs seeds, one after the other."""

    def __init__(self, backend: str) -> None:
        self.knowledge: KnowledgeBase = load_knowledge(ROOT / "knowledge")
        self._servers = Databases(start_postgres()) if backend == "postgresql" else None
        memory = str(MEMORY) if MEMORY.is_dir() else None
        self._folder = Path(tempfile.mkdtemp(prefix="jinjibu-line-seeds-", dir=memory))
        self._template = self._folder / "template.db"
        if self._servers is None:
            migrate_now(f"sqlite:///{self._template}")
        sdk.load()
        spec.load()

    def run(self, seed: int) -> Outcome:
        """Play one seed on a database of its own."""
        with self._place(seed) as (folder, url):
            return asyncio.run(run_plan(make_plan(seed), folder, url, self.knowledge))

    @contextmanager
    def _place(self, seed: int) -> Iterator[tuple[Path, str]]:
        folder = self._folder / str(seed)
        folder.mkdir()
        url = f"sqlite:///{folder / 'jinjibu.db'}"
        if self._servers is None:
            shutil.copy(self._template, folder / "jinjibu.db")
        else:
            url = self._servers.make(migrate_now)
        try:
            yield folder, url
        finally:
            shutil.rmtree(folder)
            if self._servers is not None:
                self._servers.drop(url)

    def close(self) -> None:
        """Remove everything."""
        shutil.rmtree(self._folder)
        if self._servers is not None:
            self._servers.close()


_bench: list[Bench] = []
"""That of a process of the pool."""


def begin(backend: str) -> None:
    """Set a process of the pool up."""
    set_up_logging(logging.CRITICAL)  # What fails is meant to.
    warnings.simplefilter("ignore")
    bench = Bench(backend)
    _bench.append(bench)
    # Processes of a pool call nothing else when they end.
    util.Finalize(None, bench.close, exitpriority=1)


def run(seed: int) -> Outcome:
    """Play one seed in a process of the pool."""
    return _bench[0].run(seed)
