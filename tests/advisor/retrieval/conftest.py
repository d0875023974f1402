"""Parts that the tests of retrieval share: the real tokenizer, encoder and index."""

import pytest

from advisor.knowledge import KnowledgeBase
from advisor.retrieval.index import PassageIndex
from advisor.retrieval.language import SentenceEncoder, SudachiTokenizer


@pytest.fixture(scope="session")
def tokenizer(real: KnowledgeBase) -> SudachiTokenizer:
    """The tokenizer as the wording describes it."""
    return SudachiTokenizer.of(real)


@pytest.fixture(scope="session")
def encoder() -> SentenceEncoder:
    """The encoder of the process."""
    return SentenceEncoder.shared()


@pytest.fixture(scope="session")
def index(
    real: KnowledgeBase, tokenizer: SudachiTokenizer, encoder: SentenceEncoder
) -> PassageIndex:
    """The index of the real knowledge."""
    return PassageIndex.of(real, tokenizer, encoder)
