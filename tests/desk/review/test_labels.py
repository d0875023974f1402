"""What becomes of a line when people label it."""

from uuid import UUID

import pytest
from sqlalchemy import select

from desk.audit.models import AuditEntry
from desk.auth.models import Role, StaffUser
from desk.db import Database
from desk.review.errors import (
    AlreadyReviewedError,
    LabelRefusedError,
    LineNotFoundError,
    MarkLeftError,
    MarkupError,
    OtherSetError,
    PersonalLeftError,
)
from desk.review.models import LineState, ReviewLine, SetName, Verdict
from desk.review.service import ReviewService
from tests.desk.review.conftest import HELD_OUT, TRAINED, AddUser, Line, MakeTalk

SAID = "若い衆がすぐ辞めてしまうんです"
BOT = {"intent": "state_concern", "concerns": ("engagement",)}


@pytest.fixture
async def line(review: ReviewService, make_talk: MakeTalk) -> UUID:
    talk = await make_talk(Line(SAID, **BOT))
    await review.collect()
    return talk.said[0]


async def say(
    review: ReviewService, user: StaffUser, line: UUID, text: str = SAID, **changes
) -> LineState:
    label = {"verdict": Verdict.LABEL, "text": text, **BOT, **changes}
    return await review.label(user, line, **label)


async def stored(database: Database, line: UUID) -> ReviewLine:
    async with database.read() as tx:
        return await tx.get_one(ReviewLine, line)


class TestRounds:
    async def test_who_agrees_with_the_bot_is_enough(
        self, review: ReviewService, database: Database, line: UUID, add_user: AddUser
    ):
        assert await say(review, await add_user(), line) is LineState.AGREED

        found = await stored(database, line)
        assert found.agreed == {"intent": "state_concern", "concerns": ["engagement"]}
        assert found.set_name == SetName.TRAIN

    async def test_lot_wants_a_second_look(self, make_review, line: UUID, add_user: AddUser):
        review = make_review(review_second_percent=100.0)

        assert await say(review, await add_user(), line) is LineState.SECOND
        assert await say(review, await add_user(), line) is LineState.AGREED

    async def test_who_differs_from_the_bot_is_looked_at_again_without_the_first_label(
        self, review: ReviewService, database: Database, line: UUID, add_user: AddUser
    ):
        first, second = await add_user(), await add_user()

        state = await say(review, first, line, concerns=("hiring",), text="若い人がすぐ辞める")
        look = await review.look(second, line)

        assert state is LineState.SECOND
        assert (look.round, look.text) == (2, "若い人がすぐ辞める")
        assert look.line.agreed is None
        assert await say(review, second, line, concerns=("hiring",)) is LineState.AGREED
        assert (await stored(database, line)).agreed["concerns"] == ["hiring"]

    async def test_two_who_differ_are_decided_by_a_third(
        self, review: ReviewService, database: Database, line: UUID, add_user: AddUser
    ):
        await say(review, await add_user(), line, intent="complaint", concerns=())
        state = await say(review, await add_user(), line)

        assert state is LineState.THIRD
        assert await say(review, await add_user(), line) is LineState.AGREED
        assert (await stored(database, line)).agreed["intent"] == "state_concern"

    async def test_three_who_differ_leave_it_unused(
        self, review: ReviewService, line: UUID, add_user: AddUser
    ):
        await say(review, await add_user(), line, intent="complaint")
        await say(review, await add_user(), line, intent="deny")

        assert await say(review, await add_user(), line, intent="thank") is LineState.CLOSED

    async def test_excluded_is_closed_and_unsure_is_looked_at_again(
        self, review: ReviewService, make_talk: MakeTalk, line: UUID, add_user: AddUser
    ):
        other = await make_talk(Line("だめだこりゃ"))
        await review.collect()

        excluded = await review.label(await add_user(), line, verdict=Verdict.EXCLUDED)
        unsure = await review.label(await add_user(), other.said[0], verdict=Verdict.UNSURE)

        assert excluded is LineState.CLOSED
        assert unsure is LineState.SECOND

    async def test_private_matter_is_looked_at_by_two(
        self, review: ReviewService, make_talk: MakeTalk, add_user: AddUser
    ):
        said = "うちの部長がうつ病で休職しています"
        talk = await make_talk(Line(said, **BOT))
        await review.collect()

        assert await say(review, await add_user(), talk.said[0], said) is LineState.SECOND


class TestRefused:
    async def test_same_person_twice_or_a_line_that_is_done(
        self, make_review, line: UUID, add_user: AddUser
    ):
        review = make_review(review_second_percent=100.0)
        first, second, third = [await add_user() for _ in range(3)]
        await say(review, first, line)

        with pytest.raises(AlreadyReviewedError):
            await say(review, first, line)
        await say(review, second, line)
        with pytest.raises(AlreadyReviewedError):
            await say(review, third, line)

    async def test_person_of_another_hub(
        self, review: ReviewService, line: UUID, add_user: AddUser
    ):
        other = await add_user(Role.LEAD, "nagaoka")

        with pytest.raises(LineNotFoundError):
            await say(review, other, line)
        with pytest.raises(LineNotFoundError):
            await review.look(other, line)

    @pytest.mark.parametrize(
        ("text", "error"),
        [
            ("", LabelRefusedError),
            ("あ" * 501, LabelRefusedError),
            ("山田花子さんがすぐ辞めてしまう", PersonalLeftError),
            ("〔電話〕に電話をください", MarkLeftError),
            ("若い衆が[すぐ](x)辞める", MarkupError),
        ],
    )
    async def test_text_that_must_not_leave(
        self, review: ReviewService, line: UUID, add_user: AddUser, text: str, error
    ):
        with pytest.raises(error):
            await say(review, await add_user(), line, text)

    @pytest.mark.parametrize(
        "changes", [{"intent": "nlu_fallback"}, {"intent": None}, {"concerns": ("x",)}]
    )
    async def test_labels_that_do_not_exist(
        self, review: ReviewService, line: UUID, add_user: AddUser, changes: dict
    ):
        with pytest.raises(LabelRefusedError):
            await say(review, await add_user(), line, **changes)


class TestSets:
    async def test_near_duplicates_go_where_their_like_is(
        self, make_review, database: Database, make_talk: MakeTalk, add_user: AddUser
    ):
        talk = await make_talk(Line(TRAINED + "よ", **BOT), Line(HELD_OUT + "ね", **BOT))
        for share, line, text, side in (
            (100.0, talk.said[0], TRAINED + "よ", SetName.TRAIN),
            (0.0, talk.said[1], HELD_OUT + "ね", SetName.TEST),
        ):
            review = make_review(review_test_percent=share)
            await review.collect()
            await say(review, await add_user(), line, text)
            assert (await stored(database, line)).set_name == side

    async def test_text_that_comes_near_the_other_set_is_refused(
        self, make_review, database: Database, line: UUID, add_user: AddUser
    ):
        review = make_review(review_second_percent=100.0)
        await say(review, await add_user(), line)

        with pytest.raises(OtherSetError):
            await say(review, await add_user(), line, HELD_OUT)

        found = await stored(database, line)
        assert (found.text, found.set_name, found.state) == (SAID, SetName.TRAIN, LineState.SECOND)

    async def test_reviewed_lines_draw_their_like_to_them(
        self, make_review, database: Database, make_talk: MakeTalk, add_user: AddUser
    ):
        like = SAID + "よね"
        talk = await make_talk(Line(SAID, **BOT), Line(like, **BOT))
        to_test = make_review(review_test_percent=100.0)
        await to_test.collect()
        await say(to_test, await add_user(), talk.said[0])

        await say(make_review(review_test_percent=0.0), await add_user(), talk.said[1], like)

        assert (await stored(database, talk.said[1])).set_name == SetName.TEST


class TestAudit:
    async def test_opening_and_labelling_are_written_down_without_words(
        self, review: ReviewService, database: Database, line: UUID, add_user: AddUser
    ):
        user = await add_user()
        await review.look(user, line)
        await say(review, user, line)

        async with database.read() as tx:
            query = select(AuditEntry).where(AuditEntry.subject == f"message:{line}")
            entries = (await tx.scalars(query.order_by(AuditEntry.seq))).all()
        assert [entry.action for entry in entries] == ["review_line_opened", "review_line_labelled"]
        assert {entry.actor_id for entry in entries} == {user.id}
        assert entries[1].details["verdict"] == "label"
