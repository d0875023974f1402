"""The files that leave: formats their readers take, nothing personal, never both sets."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from yamllint import linter
from yamllint.config import YamlLintConfig

from advisor.labels import CONCERNS
from advisor.loading import load_yaml
from desk.chat.repository import get_message, rewrite_message
from desk.config import ROOT
from desk.db import Database
from desk.launcher import model
from desk.review.collector import read_fallbacks
from desk.review.export import HEADER, Export, make_export
from desk.review.models import Verdict
from desk.review.service import ReviewService
from desk.review.sets import examples
from desk.review.tasks import TaskService
from desk.review.vocabulary import vocabulary
from tests.desk.review.conftest import TRAINED, AddUser, Line, MakeTalk

TO_TRAIN = "事務の山田花子さんが辞めたいと言い出した"
TO_TEST = "誰も面接に来てくれない、もう半年になる"


@pytest.fixture
async def agree(make_review, make_talk: MakeTalk, add_user: AddUser) -> Callable:
    """Has a line said and agreed on; gives its id."""

    async def agree(said: str, *, test: bool = False, text: str = "", **bot) -> UUID:
        review = make_review(review_test_percent=100.0 if test else 0.0)
        bot = {"intent": "state_concern", "concerns": ("engagement",), **bot}
        talk = await make_talk(Line(said, **bot))
        await review.collect()
        user = await add_user()
        look = await review.look(user, talk.said[0])
        await review.label(user, talk.said[0], verdict=Verdict.LABEL, text=text or look.text, **bot)
        return talk.said[0]

    return agree


@pytest.fixture
def export(database: Database, review: ReviewService, tasks: TaskService) -> Callable:
    async def export() -> Export:
        return await make_export(database, review, tasks)

    return export


class TestFiles:
    async def test_lines_go_to_the_set_they_have_in_the_format_of_its_reader(
        self, agree: Callable, export: Callable, root: Path
    ):
        await agree(TO_TRAIN)
        await agree(TO_TEST, test=True, concerns=("hiring",))

        made = await export()
        made.write(root)

        block = load_yaml(root / "bot/data/reviewed/state_concern.yml")["nlu"][0]
        assert block["intent"] == "state_concern"
        assert list(examples(block["examples"])) == [
            ("事務のAさんが辞めたいと言い出した", {"concerns": ["engagement"]})
        ]
        assert load_yaml(root / "tests/nlu/reviewed/state_concern.yml") == [
            {"text": TO_TEST, "intent": "state_concern", "concerns": ["hiring"]}
        ]
        assert "山田" not in "".join(made.files.values())
        assert (made.counts["train"], made.counts["test"]) == (1, 1)

    async def test_files_have_the_form_of_every_yaml_file_here(
        self, agree: Callable, export: Callable
    ):
        await agree(TO_TRAIN)
        await agree(TO_TEST, test=True)

        made = await export()

        config = YamlLintConfig(file=str(ROOT / ".yamllint.yml"))
        problems = [p for text in made.files.values() for p in linter.run(text, config)]

        assert problems == []

    async def test_next_training_sees_them(
        self, agree: Callable, export: Callable, root: Path, monkeypatch: pytest.MonkeyPatch
    ):
        await agree(TO_TRAIN)
        monkeypatch.setattr(model, "ROOT", root)
        monkeypatch.setattr(model, "INPUTS", ())
        before = model.fingerprint()

        (await export()).write(root)

        assert model.fingerprint() != before

    async def test_what_a_person_takes_back_is_gone_from_the_next_files(
        self, agree: Callable, export: Callable, root: Path, database: Database
    ):
        line = await agree(TO_TRAIN)
        (await export()).write(root)
        own = root / "bot/data/reviewed/own.yml"
        own.write_text("# written by hand\n", encoding="utf-8")
        async with database.write() as tx:
            await rewrite_message(tx, await get_message(tx, line), "")

        made = await export()
        made.write(root)

        assert made.files == {}
        assert not (root / "bot/data/reviewed/state_concern.yml").exists()
        assert own.exists()

    async def test_archive_holds_the_same(self, agree: Callable, export: Callable):
        await agree(TO_TRAIN)
        made = await export()

        with zipfile.ZipFile(io.BytesIO(made.as_zip())) as archive:
            packed = {name: archive.read(name).decode() for name in archive.namelist()}

        assert packed == made.files
        assert made.as_zip() == (await export()).as_zip()
        assert all(content.startswith(HEADER) for content in packed.values())


class TestLeftOut:
    async def test_what_the_training_knows_or_cannot_use(self, agree: Callable, export: Callable):
        await agree(TRAINED + "よ")
        await agree(TO_TRAIN)
        await agree(TO_TRAIN + "ね")
        await agree("副業の補助金はいくらもらえるの", intent="ask_program", concerns=())

        made = await export()

        assert made.counts["train"] == 1
        assert made.counts["left_out_known"] == 2
        assert made.counts["left_out_needs_more"] == 1

    async def test_a_line_that_waits_for_a_second_person(
        self, make_review, make_talk: MakeTalk, add_user: AddUser, export: Callable
    ):
        review = make_review(review_second_percent=100.0)
        talk = await make_talk(Line("人が来ない", intent="state_concern"))
        await review.collect()
        await review.label(
            await add_user(), talk.said[0], verdict=Verdict.LABEL, text="人が来ない",
            intent="state_concern",
        )  # fmt: skip

        assert (await export()).files == {}


class TestVocabulary:
    def test_keys_are_one_each_and_labels_those_of_the_training_data(self):
        words = vocabulary()
        groups = (words.intents, words.concerns, words.verdicts)
        keys = [choice.key for group in groups for choice in group.values()]

        assert len(keys) == len(set(keys))
        assert all(len(key) == 1 for key in keys)
        assert set(words.concerns) == set(CONCERNS)
        assert set(words.intents) == {p.stem for p in (ROOT / "bot/data/nlu").glob("*.yml")}

    def test_the_domain_says_how_it_does_not_understand(self):
        assert len(read_fallbacks(ROOT / "domain.yml")) == 3
