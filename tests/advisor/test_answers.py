"""Answers about programs and topics."""

from dataclasses import replace
from datetime import date

import pytest

from advisor.answers import answer_program, answer_text, answer_topic, source_line
from advisor.errors import UnknownIdError
from advisor.knowledge import KnowledgeBase
from advisor.labels import ASPECTS, PROGRAMS, TOPICS
from advisor.model import Status

NOW = date(2026, 11, 22)
SEED_DAY = date(2023, 6, 15)


class TestAnswerProgram:
    def test_an_open_program_is_answered_with_source_and_date(self, small: KnowledgeBase) -> None:
        answer = answer_program("side_job_b", "overview", small, on=SEED_DAY)

        assert answer.text == "副業の人に頼むときの補助です。"
        assert answer.source is not None
        assert answer.source.id == "seed"
        assert answer.as_of == date(2023, 6, 1)
        assert answer.status is Status.OPEN
        assert answer.is_published

    def test_an_ended_program_says_so_first_and_names_what_is_left(
        self, small: KnowledgeBase
    ) -> None:
        answer = answer_program("side_job_b", "overview", small, on=NOW)

        assert answer.status is Status.ENDED
        assert answer.text.startswith("この支援は終了しています。2回目の公募で終わりました。")
        assert "プロフェッショナル人材戦略拠点" in answer.text

    def test_an_end_known_from_hearsay_is_worded_with_care(self, small: KnowledgeBase) -> None:
        program = small.programs["side_job_b"]
        states = (program.states[0], replace(program.states[1], source="hearsay", note=None))
        ended = replace(program, states=states, successors=())
        base = replace(small, programs={**small.programs, "side_job_b": ended})

        answer = answer_program("side_job_b", "overview", base, on=NOW)

        assert answer.text.startswith("この支援は終了したとされています（要確認）。副業の人")

    def test_unverified_stale_and_future_states_are_said(self, small: KnowledgeBase) -> None:
        unverified = answer_program("pro_jinzai", "overview", small, on=NOW)
        stale = answer_program("seminar", "overview", small, on=NOW)
        future = answer_program("seminar", "overview", small, on=date(2020, 1, 1))

        assert unverified.text.startswith("いま受け付けているかは確かめられていません")
        assert stale.text.startswith("前に確かめてから日がたっている")
        assert future.text.startswith("この時点では、まだ始まっていません。採用の勉強会")

    def test_secondary_sources_are_marked(self, small: KnowledgeBase) -> None:
        answer = answer_program("joint_fair", "eligibility", small, on=NOW)

        assert answer.text.endswith("要確認です。")

    def test_what_is_not_published_is_said_with_whom_to_ask(self, small: KnowledgeBase) -> None:
        answer = answer_program("joint_fair", "amount", small, on=NOW)

        assert not answer.is_published
        assert answer.source is None
        assert answer.as_of == date(2026, 11, 22)
        assert "社会・人材政策課" in answer.text

    def test_unknown_ids_are_errors(self, small: KnowledgeBase) -> None:
        with pytest.raises(UnknownIdError):
            answer_program("semina", "overview", small, on=NOW)
        with pytest.raises(UnknownIdError, match="Did you mean 'amount'"):
            answer_program("seminar", "amuont", small, on=NOW)


class TestAnswerTopic:
    def test_a_topic_has_its_source(self, small: KnowledgeBase) -> None:
        answer = answer_topic("hub", small, on=NOW)

        assert answer.text == "地元の窓口です。"
        assert answer.source is not None
        assert answer.as_of == date(2023, 6, 1)

    def test_a_topic_about_the_service_itself_needs_none(self, small: KnowledgeBase) -> None:
        answer = answer_topic("help", small, on=NOW)

        assert answer.source is None
        assert answer.as_of == date(2026, 11, 22)

    def test_an_unknown_topic_is_an_error(self, small: KnowledgeBase) -> None:
        with pytest.raises(UnknownIdError):
            answer_topic("cost", small, on=NOW)


class TestSourceLine:
    @pytest.mark.parametrize(
        ("source", "shown"),
        [("seed", "令和5年6月）"), ("hearsay", "令和7年）"), ("old", "令和4年4月15日）")],
    )
    def test_the_date_is_as_exact_as_it_is_known(
        self, small: KnowledgeBase, source: str, shown: str
    ) -> None:
        line = source_line(small.source_ref(source), small)

        assert line.startswith("出典：")
        assert line.endswith(shown)


class TestRealBase:
    @pytest.mark.parametrize("program", PROGRAMS)
    def test_every_aspect_of_every_program_is_answered(
        self, real: KnowledgeBase, program: str
    ) -> None:
        for aspect in ASPECTS:
            for on in (SEED_DAY, NOW):
                answer = answer_program(program, aspect, real, on=on)

                assert answer.text
                assert answer.is_published == (answer.source is not None)

    @pytest.mark.parametrize("topic", TOPICS)
    def test_every_topic_is_answered(self, real: KnowledgeBase, topic: str) -> None:
        assert answer_topic(topic, real, on=NOW).text


class TestSourceThatWaitsForACheck:
    """The last day of `verify_by` of the seed is 2027-03-31."""

    @pytest.mark.parametrize("aspect", ["overview", "results"])
    def test_the_text_is_told_with_a_warning_from_the_next_day(
        self, real: KnowledgeBase, aspect: str
    ) -> None:
        before = answer_program("shin_geneki", aspect, real, on=date(2027, 3, 31))
        after = answer_program("shin_geneki", aspect, real, on=date(2027, 4, 1))

        assert "資料を確かめ直す日を過ぎている" not in before.text
        assert (
            after.text
            == before.text + "資料を確かめ直す日を過ぎているため、いまも同じかは要確認です。"
        )

    @pytest.mark.parametrize("program", ["side_job_a", "side_job_b", "joint_course"])
    def test_an_amount_is_withheld_and_somebody_to_ask_is_named(
        self, real: KnowledgeBase, program: str
    ) -> None:
        before = answer_program(program, "amount", real, on=date(2027, 3, 31))
        after = answer_program(program, "amount", real, on=date(2027, 4, 1))

        assert "万円" in before.text
        assert "万円" not in after.text
        assert "額はお伝えできません。関東経済産業局" in after.text

    def test_an_amount_within_another_answer_is_withheld_too(self, real: KnowledgeBase) -> None:
        after = answer_program("joint_course", "results", real, on=date(2027, 4, 1))

        assert "億円" not in after.text

    def test_a_topic_is_told_with_a_warning(self, real: KnowledgeBase) -> None:
        before = answer_topic("hub", real, on=date(2027, 3, 31))
        after = answer_topic("hub", real, on=date(2027, 4, 1))

        assert (
            after.text
            == before.text + "資料を確かめ直す日を過ぎているため、いまも同じかは要確認です。"
        )


class TestAnswerText:
    def test_a_secondary_text_that_does_not_say_so_is_marked(self, real: KnowledgeBase) -> None:
        dimension = real.dimensions["F4"]

        answer = answer_text(dimension.definition, dimension.source, real, on=NOW)

        assert answer.text.endswith("公式の資料ではまだ確かめていないため、要確認です。")

    def test_a_secondary_text_that_says_so_is_not_marked_twice(self, real: KnowledgeBase) -> None:
        theme = real.hubs["tsubame"].theme
        assert theme is not None

        answer = answer_text(theme.text, theme.source, real, on=NOW)

        assert answer.text == theme.text
        assert answer.source is not None
