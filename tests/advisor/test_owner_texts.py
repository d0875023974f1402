"""The walk over every text that owners can see."""

import shutil
from dataclasses import replace
from pathlib import Path

from advisor.knowledge import KnowledgeBase, read_knowledge
from advisor.model import AspectText
from advisor.owner_texts import OwnerText, TextKind, lead_source, owner_texts


def found(kb: KnowledgeBase) -> dict[str, OwnerText]:
    return {f"{item.place}: {item.key}": item for item in owner_texts(kb)}


class TestOwnerTexts:
    def test_it_reaches_every_kind_of_file(self, real: KnowledgeBase) -> None:
        places = {item.place.partition("/")[0] for item in owner_texts(real)}

        assert places == {
            "model", "questions", "programs", "hubs", "topics.yml", "contacts.yml", "wording",
        }  # fmt: skip

    def test_a_fact_has_its_own_source(self, real: KnowledgeBase) -> None:
        texts = found(real)

        assert texts["model/dimensions.yml: F4.why"].source == "seed_2023_06"
        assert texts["model/dimensions.yml: F4.definition"].source == "ito_2020"
        assert texts["hubs/tsubame.yml: theme"].source == "shikuchoson"
        assert texts["programs/skill_up_secondment.yml: prerequisites.plan"].text.startswith(
            "出向の計画"
        )

    def test_questions_and_frames_are_no_facts(self, real: KnowledgeBase) -> None:
        texts = found(real)

        assert texts["questions/F4.yml: F4.future_talk.text"].kind is TextKind.QUESTION
        assert texts["wording: answer.ended"].kind is TextKind.FRAME

    def test_documents_and_contacts_without_a_note_are_walked_too(
        self, real: KnowledgeBase
    ) -> None:
        program = replace(real.programs["yorozu"], documents=("会社の案内",))
        contact = replace(real.contacts["yorozu"], note=None)
        base = replace(real, programs={"yorozu": program}, contacts={"yorozu": contact})

        texts = found(base)

        assert texts["programs/yorozu.yml: documents"].text == "会社の案内"
        assert "contacts.yml: yorozu.note" not in texts

    def test_an_official_name_is_one(self, real: KnowledgeBase) -> None:
        texts = found(real)

        assert texts["hubs/tsubame.yml: name"].is_name
        assert texts["contacts.yml: yorozu.name"].is_name
        assert not texts["programs/yorozu.yml: plain_name"].is_name

    def test_a_state_without_a_note_says_nothing(self, small: KnowledgeBase) -> None:
        assert "programs/yorozu.yml: states.2020-04-01" not in found(small)


class TestLeadSource:
    def test_without_a_published_overview_it_is_the_first_of_the_list(
        self, real: KnowledgeBase
    ) -> None:
        program = real.programs["yorozu"]
        missing = AspectText(text=None, source=None, ask="yorozu")

        bare = replace(program, answers={**program.answers, "overview": missing})
        none = replace(program, answers={})

        assert lead_source(bare) == lead_source(none) == program.sources[0]


class TestReadingLoadOfAFolder:
    def test_without_its_word_lists_it_says_which_are_missing(self, small_folder: Path) -> None:
        _, problems = read_knowledge(small_folder, complete=True)

        assert "knowledge/wording/reading.yml: plain_words: missing" in "\n".join(
            map(str, problems)
        )

    def test_a_hard_text_is_told_with_its_place(self, tmp_path: Path) -> None:
        real = Path(__file__).parents[2] / "knowledge"
        folder = tmp_path / "knowledge"
        shutil.copytree(real, folder, ignore=shutil.ignore_patterns("__pycache__"))
        topics = folder / "topics.yml"
        text = topics.read_text(encoding="utf-8")
        topics.write_text(
            text.replace("通信料はご負担ください。", "エンゲージメントを高めます。", 1),
            encoding="utf-8",
        )

        _, problems = read_knowledge(folder)

        lines = [str(problem) for problem in problems]
        assert any(
            line.startswith(
                "[ERROR] knowledge/topics.yml: cost.text: 'エンゲージメント' may not be known"
            )
            for line in lines
        )
