"""Which lines come into the queue, and which never do."""

from sqlalchemy import select

from desk.auth.models import Role
from desk.chat.models import Conversation
from desk.chat.repository import get_message
from desk.chat.retract import FORGETTERS, retract
from desk.db import Database
from desk.live.models import ChangeKind, HolderChange
from desk.review.models import Reason, ReviewLabel, ReviewLine, Verdict
from desk.review.service import ReviewService, forget_conversation, forget_message
from tests.desk.review.conftest import FALLBACK, AddUser, Line, MakeTalk


async def lines_in(database: Database) -> dict:
    async with database.read() as tx:
        return {line.id: line for line in await tx.scalars(select(ReviewLine))}


def reasons_of(line: ReviewLine) -> set[Reason]:
    return {reason for reason in Reason if getattr(line, reason.value)}


class TestReasons:
    async def test_each_line_has_every_reason_that_holds(
        self, review: ReviewService, database: Database, make_talk: MakeTalk
    ):
        talk = await make_talk(
            Line("若い子が続かない", confidence=0.95),
            Line("ほにゃらら", confidence=0.2, answer=FALLBACK),
            Line("人が来ない", confidence=0.59),
            Line("右腕がほしい", confidence=0.6),
            Line("担当者と話したい", intent="talk_to_human"),
        )

        added = await review.collect()

        found = await lines_in(database)
        assert added == len(found) == 4
        assert talk.said[0] not in found, "sure, understood, and long before the hand-off"
        assert reasons_of(found[talk.said[1]]) == {Reason.FALLBACK, Reason.LOW_CONFIDENCE}
        assert reasons_of(found[talk.said[2]]) == {Reason.LOW_CONFIDENCE, Reason.HANDOFF}
        assert reasons_of(found[talk.said[3]]) == {Reason.HANDOFF}
        assert reasons_of(found[talk.said[4]]) == {Reason.HANDOFF}

    async def test_what_did_not_help_is_looked_at(
        self, review: ReviewService, database: Database, make_talk: MakeTalk
    ):
        bad = await make_talk(Line("人が来ない"), hub=None, helped="no")
        good = await make_talk(Line("人が来ない"), hub=None, helped="yes")

        await review.collect()

        found = await lines_in(database)
        assert reasons_of(found[bad.said[0]]) == {Reason.UNSOLVED}
        assert good.said[0] not in found

    async def test_sample_is_the_same_each_time(self, make_review, database, make_talk: MakeTalk):
        everything = make_review(review_sample_percent=100.0)
        half = make_review(review_sample_percent=50.0)
        await make_talk(*(Line(f"悩み{n}です") for n in range(40)), hub=None)

        first = await half.collect()
        drawn = set(await lines_in(database))
        again = await half.collect()
        rest = await everything.collect()

        assert 5 < first < 35
        assert again == 0
        assert rest == 40 - first
        assert drawn < set(await lines_in(database))

    async def test_a_talk_that_goes_on_is_looked_through_again(
        self, review: ReviewService, database: Database, make_talk: MakeTalk, add_user
    ):
        talk = await make_talk(Line("人が来ない", confidence=0.1))
        await review.collect()
        async with database.write() as tx:
            line = await tx.get_one(ReviewLine, talk.said[0])
            line.low_confidence = False

        await review.collect()

        assert (await lines_in(database))[talk.said[0]].low_confidence


class TestLeftOut:
    async def test_buttons_private_answers_and_what_was_never_understood(
        self, review: ReviewService, database: Database, make_talk: MakeTalk
    ):
        talk = await make_talk(
            Line("相談したい", asks="contact_name"),
            Line("山田太郎", asks="contact_phone"),
            Line("090-1234-5678"),
            Line("はい", payload='/choose{"question": "x", "value": true}'),
            Line("あ" * 501),
        )

        await review.collect()

        assert set(await lines_in(database)) == {talk.said[0]}

    async def test_what_was_said_to_a_person(
        self, review: ReviewService, database: Database, make_talk: MakeTalk, add_user: AddUser
    ):
        talk = await make_talk(Line("人が来ない"), Line("実は家族が病気で"), Line("ありがとう"))
        staff = await add_user()
        async with database.write() as tx:
            for version, holder, after in ((1, "staff", 2), (2, "bot", 4)):
                change = HolderChange(
                    conversation_id=talk.id,
                    version=version,
                    kind=ChangeKind.TAKEN if holder == "staff" else ChangeKind.RETURNED,
                    holder=holder,
                    holder_id=staff.id if holder == "staff" else None,
                    actor_id=staff.id,
                    case_id=talk.case_id,
                    after_seq=after,
                )
                tx.add(change)

        await review.collect()

        assert set(await lines_in(database)) == {talk.said[0], talk.said[2]}


class TestGone:
    async def test_unsent_line_goes_with_what_was_said_of_it(
        self, review: ReviewService, database: Database, make_talk: MakeTalk, add_user: AddUser
    ):
        database.info[FORGETTERS] = (forget_message,)
        talk = await make_talk(Line("若い人が来ない"), Line("もう一つ"))
        await review.collect()
        user = await add_user()
        await review.label(
            user, talk.said[0], verdict=Verdict.LABEL, text="若い人が来ない", intent="greet"
        )

        async with database.write() as tx:
            await retract(tx, await get_message(tx, talk.said[0]), "若い人が来ない", "", "test")

        assert set(await lines_in(database)) == {talk.said[1]}
        async with database.read() as tx:
            assert (await tx.scalars(select(ReviewLabel))).all() == []
        await review.collect()
        assert set(await lines_in(database)) == {talk.said[1]}

    async def test_erased_talk_is_shown_to_nobody_even_if_its_lines_are_left(
        self, review: ReviewService, database: Database, make_talk: MakeTalk, add_user: AddUser
    ):
        talk = await make_talk(Line("若い人が来ない"))
        await review.collect()
        user = await add_user()
        assert await review.next_line(user, None, second=False) == talk.said[0]

        async with database.write() as tx:
            (await tx.get_one(Conversation, talk.id)).erased_at = (
                await tx.get_one(Conversation, talk.id)
            ).created_at

        assert await review.next_line(user, None, second=False) is None
        async with database.write() as tx:
            await forget_conversation(tx, talk.id)
        assert await lines_in(database) == {}


class TestHubs:
    async def test_each_hub_sees_its_own_lines(
        self, review: ReviewService, make_talk: MakeTalk, add_user: AddUser
    ):
        own = await make_talk(Line("人が来ない"), hub="matsumoto")
        other = await make_talk(Line("人が来ない"), hub="nagaoka")
        await make_talk(Line("人が来ない", confidence=0.1), hub=None)
        await review.collect()

        seen = {}
        for role, hub in ((Role.LEAD, "matsumoto"), (Role.LEAD, "nagaoka"), (Role.BUREAU, None)):
            lines, counts = await review.queue(
                await add_user(role, hub), None, second=False, limit=10
            )
            seen[hub] = {each.line.id for each in lines}
            assert counts["all"] == len(lines)

        assert seen == {
            "matsumoto": {own.said[0]},
            "nagaoka": {other.said[0]},
            None: {own.said[0], other.said[0]},
        }

    async def test_talks_that_were_never_handed_over_need_the_setting_and_a_wide_role(
        self, make_review, make_talk: MakeTalk, add_user: AddUser
    ):
        talk = await make_talk(Line("人が来ない", confidence=0.1), hub=None)
        review = make_review(review_talks="all")
        await review.collect()

        lead, bureau = await add_user(), await add_user(Role.BUREAU, None)

        assert await review.next_line(lead, None, second=False) is None
        assert await review.next_line(bureau, None, second=False) == talk.said[0]
