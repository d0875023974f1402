"""Every Japanese sentence that owners can see outside `knowledge/` is easy to read.

Those in `knowledge/` are measured by `python -m advisor validate`.
"""

import re

import pytest

from advisor.knowledge import load_knowledge
from advisor.loading import load_yaml
from advisor.reading_load import ReadingMarks, reading_marks, reading_problems
from desk.config import ROOT

JAPANESE = re.compile("[぀-ヿ一-鿿]")
LITERAL = re.compile(r"""(["'`])((?:(?!\1)[^\\]|\\.)*)\1""")


@pytest.fixture(scope="module")
def marks() -> ReadingMarks:
    return reading_marks(load_knowledge(ROOT / "knowledge"))


COMMENT = re.compile(r"/\*.*?\*/|(?<![:\w])//[^\n]*", re.DOTALL)


def texts_of_domain() -> dict[str, str]:
    responses = load_yaml(ROOT / "domain.yml")["responses"]
    return {
        f"{name}[{index}]": variant["text"]
        for name, variants in responses.items()
        for index, variant in enumerate(variants)
    }


def texts_of_widget() -> dict[str, str]:
    found = {}
    for path in sorted((ROOT / "web_widget").glob("*.js")):
        code = COMMENT.sub("", path.read_text(encoding="utf-8"))
        for match in LITERAL.finditer(code):
            text = match[2].replace("${", "{").replace("\\n", "\n")
            if JAPANESE.search(text):
                found[f"{path.name}:{match.start()}"] = text
    return found


class TestReadingLoad:
    def test_there_are_texts_to_measure(self):
        assert len(texts_of_domain()) > 30
        assert len(texts_of_widget()) > 20

    def test_the_bots_sentences_are_easy_to_read(self, marks: ReadingMarks):
        problems = {k: p for k, t in texts_of_domain().items() if (p := reading_problems(t, marks))}

        assert problems == {}

    def test_the_widgets_sentences_are_easy_to_read(self, marks: ReadingMarks):
        problems = {k: p for k, t in texts_of_widget().items() if (p := reading_problems(t, marks))}

        assert problems == {}
