"""Which texts of the knowledge base can be found, and which questions are known to have none."""

from dataclasses import replace

import pytest

from advisor.errors import WordingError
from advisor.knowledge import KnowledgeBase
from advisor.retrieval.passages import Passage, collect_passages, collect_unanswered


@pytest.fixture(scope="module")
def passages(real: KnowledgeBase) -> dict[str, Passage]:
    return {passage.key: passage for passage in collect_passages(real)}


class TestCollectPassages:
    def test_keys_are_unique(self, real: KnowledgeBase, passages: dict[str, Passage]) -> None:
        assert len(passages) == len(collect_passages(real))

    def test_every_published_answer_is_a_passage_and_no_missing_one_is(
        self, real: KnowledgeBase, passages: dict[str, Passage]
    ) -> None:
        published = {
            f"programs/{program.id}/answers/{aspect}": (answer.text, answer.source)
            for program in real.programs.values()
            for aspect, answer in program.answers.items()
            if answer.text is not None
        }

        found = {
            key: (passage.text, passage.source)
            for key, passage in passages.items()
            if "/answers/" in key
        }

        assert found == published

    def test_an_answer_is_found_by_names_and_aspect_words_that_are_not_told(
        self, passages: dict[str, Passage]
    ) -> None:
        passage = passages["programs/shin_geneki/answers/results"]

        assert (passage.program, passage.aspect) == ("shin_geneki", "results")
        assert "新現役交流会" in passage.context
        assert "成功率" in passage.context
        assert "成功率" not in passage.text

    def test_a_summary_stands_with_the_plain_name(
        self, real: KnowledgeBase, passages: dict[str, Passage]
    ) -> None:
        passage = passages["programs/yorozu/summary"]

        program = real.programs["yorozu"]
        assert passage.text == f"{program.plain_name}\n{program.summary}"
        assert passage.aspect == "overview"
        assert passage.source == program.sources[0]

    def test_cautions_and_prerequisites_keep_their_own_sources(
        self, real: KnowledgeBase, passages: dict[str, Passage]
    ) -> None:
        program = real.programs["skill_up_secondment"]

        for number, caution in enumerate(program.cautions, start=1):
            passage = passages[f"programs/skill_up_secondment/cautions/{number}"]
            assert (passage.text, passage.source) == (caution.text, caution.source)
        for item in program.prerequisites:
            passage = passages[f"programs/skill_up_secondment/prerequisites/{item.id}"]
            assert (passage.text, passage.source) == (item.text, item.source)
        assert program.cautions
        assert program.prerequisites

    def test_topics_that_refuse_or_pass_on_are_not_told(
        self, real: KnowledgeBase, passages: dict[str, Passage]
    ) -> None:
        topics = {p.key.removeprefix("topics/") for p in passages.values() if p.kind == "topics"}

        assert topics == set(real.topics) - {"out_of_scope", "labor"}

    def test_a_hub_tells_who_is_behind_it(
        self, real: KnowledgeBase, passages: dict[str, Passage]
    ) -> None:
        passage = passages["hubs/tsubame"]

        hub = real.hubs["tsubame"]
        assert hub.secretariat in passage.text
        assert all(member.name in passage.text for member in hub.members)
        assert all(activity in passage.text for activity in hub.activities)
        assert hub.status_note in passage.text
        assert passage.source == hub.sources[0]

    def test_what_a_hub_worked_on_is_a_passage_only_where_it_is_published(
        self, real: KnowledgeBase, passages: dict[str, Passage]
    ) -> None:
        published = {name for name, hub in real.hubs.items() if hub.theme is not None}

        assert {name for name in real.hubs if f"hubs/{name}/theme" in passages} == published
        assert set() < published < set(real.hubs)

    def test_what_a_dimension_is_and_why_it_matters_have_their_own_sources(
        self, real: KnowledgeBase, passages: dict[str, Passage]
    ) -> None:
        dimension = real.dimensions["F4"]

        what, why = passages["dimensions/F4"], passages["dimensions/F4/why"]

        assert (what.text, what.source) == (dimension.definition, dimension.source)
        assert (why.text, why.source) == (dimension.why, dimension.why_source)

    def test_changes_of_the_working_world_are_found_by_their_usual_names(
        self, passages: dict[str, Passage]
    ) -> None:
        assert "ジョブ型雇用" in passages["shifts/job"].context

    def test_only_what_the_service_says_of_itself_may_lack_a_source(
        self, passages: dict[str, Passage]
    ) -> None:
        assert {p.kind for p in passages.values() if p.source is None} <= {"topics"}

    def test_a_base_without_the_wording_for_finding_is_an_error(self, small: KnowledgeBase) -> None:
        with pytest.raises(WordingError, match="find"):
            collect_passages(small)


class TestPassage:
    def test_kind_and_subject_come_from_the_key(self) -> None:
        passage = Passage(key="hubs/tsubame/theme", text="", context="", source=None)

        assert passage.kind == "hubs"
        assert passage.subject == "hubs/tsubame"


class TestCollectUnanswered:
    def test_nothing_of_it_can_be_told(self, real: KnowledgeBase) -> None:
        unanswered = collect_unanswered(real)

        assert {item.text for item in unanswered} == {""}
        assert not {item.key for item in unanswered} & {p.key for p in collect_passages(real)}

    def test_every_missing_answer_and_every_gap_is_known(self, real: KnowledgeBase) -> None:
        program = real.programs["shin_geneki"]
        missing = {name for name, answer in program.answers.items() if answer.text is None}

        mine = [item for item in collect_unanswered(real) if item.program == "shin_geneki"]

        assert {item.aspect for item in mine if item.aspect is not None} == missing
        assert [item.aspect for item in mine].count(None) == len(program.gaps)

    def test_an_answer_that_becomes_published_is_no_longer_unanswered(
        self, real: KnowledgeBase
    ) -> None:
        program = real.programs["shin_geneki"]
        answered = replace(program, answers={"overview": program.answers["overview"]}, gaps=())
        base = replace(real, programs={"shin_geneki": answered})

        unanswered = collect_unanswered(base)

        assert [item for item in unanswered if item.program == "shin_geneki"] == []

    def test_a_hub_has_no_phone_number(self, real: KnowledgeBase) -> None:
        hub = [item for item in collect_unanswered(real) if item.subject == "hubs/tsubame"]

        assert any("電話番号" in item.context and "つばめいと" in item.context for item in hub)
