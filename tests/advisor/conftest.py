"""Knowledge bases that the tests of the advisor share."""

import shutil
from pathlib import Path

import pytest

from advisor.knowledge import KnowledgeBase, load_knowledge

HERE = Path(__file__).parent
REAL_KNOWLEDGE = HERE.parents[1] / "knowledge"


def copy_small_base(target: Path) -> Path:
    """Copy the small base with the real wording of the advisor into a folder."""
    folder = target / "knowledge"
    shutil.copytree(HERE / "knowledge_small", folder)
    (folder / "wording").mkdir()
    for name in ("advice.yml", "answers.yml"):
        shutil.copy(REAL_KNOWLEDGE / "wording" / name, folder / "wording" / name)
    return folder


@pytest.fixture
def small_folder(tmp_path: Path) -> Path:
    """A small valid knowledge folder that a test may change."""
    return copy_small_base(tmp_path)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    """The small knowledge base, loaded."""
    return load_knowledge(copy_small_base(tmp_path_factory.mktemp("small")), complete=False)


@pytest.fixture(scope="session")
def real() -> KnowledgeBase:
    """The real knowledge base, loaded."""
    return load_knowledge(REAL_KNOWLEDGE)
