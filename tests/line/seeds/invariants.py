"""What must hold after a run, whatever went wrong: told from the rows and from the screens."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import undefer

from desk.attachments.models import Attachment, FileState
from desk.chat.models import Author, Message
from desk.db import Base
from desk.jobs.models import Job, JobState
from desk.line.models import EventState, LineEvent, LineSend, SendKind, SendState
from desk.notify.models import Delivery
from tests.line.fake.files import JPEG
from tests.line.fake.users import User
from tests.line.seeds.plan import PRIVATE, Do
from tests.line.seeds.play import Deed, Diary
from tests.line.seeds.world import World, mark_of

GAVE_UP = -1
"""`part` of desk's word that a person looks at a message without an answer."""
YOUNG = timedelta(seconds=50)
EVENT_LASTS = timedelta(minutes=20)
TOLD = {SendState.UNCERTAIN: "uncertain", SendState.FAILED: "refused", SendState.QUOTA: "quota"}
OURS = ("line.", "chat.")


@dataclass(slots=True, kw_only=True)
class Found:
    """What a run has left."""

    world: World
    diary: Diary
    events: dict[str, LineEvent]
    """By LINE's id."""
    messages: dict[UUID, Message]
    sends: list[LineSend]
    jobs: list[Job]
    told: Counter[str]
    """Troubles that the bureau was told."""
    files: list[Attachment]
    """With their bytes."""
    dump: str
    """Everything that the tables hold of what was said, opened."""

    @property
    def questions(self) -> list[Message]:
        return [each for each in self.messages.values() if each.author == Author.USER]

    def answers(self, question: Message) -> list[Message]:
        return [each for each in self.messages.values() if each.answers_id == question.id]

    def is_private(self, question: Message) -> bool:
        return any(
            event.is_private for event in self.events.values() if event.message_id == question.id
        )

    def is_answered_by_staff(self, question: Message) -> bool:
        """Whether a person who held the conversation has said something since."""
        return question.conversation_id in self.diary.taken and any(
            each.author == Author.STAFF
            and each.conversation_id == question.conversation_id
            and each.seq > question.seq
            for each in self.messages.values()
        )

    def user_of(self, message: Message) -> User | None:
        """Whose conversation it is."""
        return next(
            (u for u, ids in self._conversations().items() if message.conversation_id in ids), None
        )

    def _conversations(self) -> dict[User, set[UUID]]:
        found: dict[User, set[UUID]] = {user: set() for user in self.diary.users}
        for deed in self.diary.deeds:
            event = self.events.get(deed.event_id)
            if event is not None and event.message_id in self.messages:
                found[deed.user].add(self.messages[event.message_id].conversation_id)
        for user, said in self.diary.said:
            found[user].add(self.messages[said].conversation_id)
        return found

    def rows_with(self, message: Message) -> list[LineSend]:
        """Rows with which a message went out, or was to."""
        return [
            row
            for row in self.sends
            if row.conversation_id == message.conversation_id
            and message.seq in row.messages.get("seqs", ())
            and row.state != SendState.REJECTED
        ]


async def look(world: World, diary: Diary) -> Found:
    """Read everything."""
    deliveries = await world.rows(Delivery)
    return Found(
        world=world,
        diary=diary,
        events={row.webhook_event_id: row for row in await world.rows(LineEvent)},
        messages={row.id: row for row in await world.rows(Message)},
        sends=await world.rows(LineSend),
        jobs=await world.rows(Job),
        told=Counter(str(row.facts.get("trouble")) for row in deliveries),
        files=await _files_of(world),
        dump=await _dump(world),
    )


async def _files_of(world: World) -> list[Attachment]:
    async with world.app.state.database.read() as tx:
        query = select(Attachment).options(undefer(Attachment.content))
        return list(await tx.scalars(query))


async def _dump(world: World) -> str:
    found = []
    async with world.app.state.database.read() as tx:
        for mapper in Base.registry.mappers:
            if mapper.class_.__tablename__.startswith(("line_", "message", "case", "reply", "job")):
                for row in await tx.scalars(select(mapper.class_)):
                    found += [
                        f"{mapper.class_.__tablename__}: {getattr(row, a.key)}"
                        for a in mapper.column_attrs
                    ]
    return "\n".join(found)


async def find_violations(world: World, diary: Diary) -> list[str]:
    """Everything that does not hold, in words."""
    found = await look(world, diary)
    checks = (
        _texts, _order, _unsent, _answers, _carried, _screens, _pushes, _tokens, _pending, _told, _files,
    )  # fmt: skip
    return [violation for check in checks for violation in check(found)]


def _texts(found: Found) -> Iterator[str]:
    """Every text that stands is in exactly one owner message, bubbles in order."""
    for deed in found.diary.deeds:
        event = found.events.get(deed.event_id)
        if event is None:
            yield f"{deed.do} {deed.word!r} was never stored"
        elif event.state not in {EventState.HANDLED, EventState.IGNORED}:
            yield f"{deed.do} {deed.word!r} is {event.state}"
        if deed.do is not Do.WRITE or deed.unsent is not None:
            continue
        times_said = sum(each.text.count(_first(deed)) for each in found.questions)
        if times_said != 1:
            yield f"text {deed.word!r} is {times_said} times in owner messages"
    times = {_first(deed): deed.at for deed in found.diary.deeds if deed.do is Do.WRITE}
    for question in found.questions:
        at = [
            times[line.split()[0]]
            for line in question.text.split("\n")
            if line.split()[:1] and line.split()[0] in times
        ]
        if at != sorted(at):
            yield f"bubbles of {question.text!r} are not in LINE's order"


def _first(deed: Deed) -> str:
    return deed.word.removesuffix(PRIVATE)


def _order(found: Found) -> Iterator[str]:
    """What desk had when it began to work is said in LINE's order."""
    for earlier, later in combinations(sorted(found.diary.deeds, key=lambda d: d.at), 2):
        if earlier.user is not later.user or earlier.taken_epoch is None:
            continue
        if later.tried_epoch is None or earlier.taken_epoch > later.tried_epoch:
            continue
        first, second = (_message_of(found, deed) for deed in (earlier, later))
        if first is None or second is None or first.conversation_id != second.conversation_id:
            continue
        if first.seq > second.seq:
            yield f"{earlier.do} {earlier.word!r} came before {later.word!r} and is said after"


def _message_of(found: Found, deed: Deed) -> Message | None:
    event = found.events.get(deed.event_id)
    return found.messages.get(event.message_id) if event and event.message_id else None


def _unsent(found: Found) -> Iterator[str]:
    """What was taken back is nowhere; taken back before it was read, it was never answered."""
    for deed in found.diary.deeds:
        if deed.unsent is None:
            continue
        places = {line.split(":")[0] for line in found.dump.split("\n") if _first(deed) in line}
        places |= {
            "the engine" for t in found.world.engine.heard.values() if _first(deed) in str(t)
        }
        if places:
            yield f"unsent {deed.word!r} is still in {', '.join(sorted(places))}"
        known, gone = deed.tried_epoch, deed.unsent.taken_epoch
        if known is not None and gone is not None and gone <= known:
            shown = [text for text in deed.user.texts if _first(deed) in text]
            if shown:
                yield f"{deed.word!r} was unsent before it was read, and answered"


def _answers(found: Found) -> Iterator[str]:
    """Each owner message is answered by one turn, or given to a person."""
    for question in found.questions:
        answers = found.answers(question)
        parts = Counter(each.part for each in answers if each.author == Author.BOT)
        given_up = sum(each.part == GAVE_UP for each in answers)
        if any(count > 1 for count in parts.values()) or given_up > 1:
            yield f"{question.text!r} was answered twice"
        if found.is_answered_by_staff(question):
            continue
        if (question.text or question.payload) and not parts and not given_up:
            yield f"{question.text!r} was not answered"


def _carried(found: Found) -> Iterator[str]:
    """What is for LINE is in exactly one row that counts."""
    said = {message_id for _, message_id in found.diary.said}
    public = {each.id for each in found.questions if not found.is_private(each)}
    for message in found.messages.values():
        rows = found.rows_with(message)
        is_answer = message.answers_id in public and message.part != 0
        if message.answers_id is not None and message.answers_id not in public and rows:
            yield f"the private answer {message.text!r} went to LINE"
        elif is_answer or message.id in said:
            if len(rows) != 1:
                states = ", ".join(sorted(row.state for row in rows))
                yield f"{message.text!r} is in {len(rows)} rows ({states})"
        elif len(rows) > 1:
            yield f"{message.text!r} is in {len(rows)} rows"


def _screens(found: Found) -> Iterator[str]:
    """No answer is seen twice; each is seen, unless its row tells why not."""
    for question in found.questions:
        user = found.user_of(question)
        if user is None:
            yield f"{question.text!r} is nobody's"
            continue
        for answer in found.answers(question):
            if answer.author == Author.BOT and answer.part:
                yield from _screen(found, user, question, answer)


def _screen(found: Found, user: User, question: Message, answer: Message) -> Iterator[str]:
    mark = mark_of(question.id, (answer.part or 1) - 1)
    seen = sum(text.count(mark) for text in user.texts)
    if seen > 1:
        yield f"{answer.text!r} is seen {seen} times"
    for other in found.diary.users:
        if other is not user and any(mark in text for text in other.texts):
            yield f"{answer.text!r} is seen by somebody else"
    if found.is_private(question):
        if seen:
            yield f"the private answer {answer.text!r} is seen in LINE"
        return
    rows = found.rows_with(answer)
    if not seen and rows and rows[0].state == SendState.SENT:
        at = rows[0].sent_at
        if at is None or not found.diary.was_blocked(user, at):
            yield f"{answer.text!r} counts as sent and is not seen"


def _told_of(found: Found, event_id: str) -> str:
    deed = next(each for each in found.diary.deeds if each.event_id == event_id)
    return f"{deed.do} {deed.word!r}{', unsent' if deed.unsent else ''}"


def _pushes(found: Found) -> Iterator[str]:
    """No push where a reply was possible, after an uncertain reply, or to who blocked us."""
    for name in found.diary.misjudged:
        yield f"desk does not know whether {name} blocks the account"
    for name in found.world.to_blocked:
        yield f"push {name} to a user who has blocked the account"
    first_rows = {t: min(rows) for t, rows in found.world.rows_of_tokens.items()}
    tokens = {
        d.event_id: str(d.event["replyToken"]) for d in found.diary.deeds if "replyToken" in d.event
    }
    for push in (row for row in found.sends if row.kind == SendKind.PUSH):
        if not push.attempts:
            continue  # No call was made.
        for event_id, token in tokens.items():
            event = found.events.get(event_id)
            if event is None or event.line_user_id != push.line_user_id:
                continue
            is_young = timedelta() < push.created_at - event.received_at < YOUNG
            is_recent = push.created_at - event.happened_at < EVENT_LASTS - timedelta(seconds=10)
            row = first_rows.get(token)
            if is_young and is_recent and (row is None or row > push.id):
                age = (push.created_at - event.received_at).total_seconds()
                yield f"push {push.reason} while a reply token was {age:.0f} s young ({_told_of(found, event_id)})"
    uncertain = {
        (row.conversation_id, seq)
        for row in found.sends
        if row.state == SendState.UNCERTAIN
        for seq in row.messages.get("seqs", ())
    }
    for row in found.sends:
        again = {(row.conversation_id, seq) for seq in row.messages.get("seqs", ())} & uncertain
        if again and row.state not in {SendState.UNCERTAIN, SendState.REJECTED}:
            yield f"{row.kind} {row.state} after an uncertain reply"


def _tokens(found: Found) -> Iterator[str]:
    """Each reply token is for one row, each retry key too; none is tried after it was taken."""
    for what, rows in (("token", found.world.rows_of_tokens), ("key", found.world.rows_of_keys)):
        for name, ids in rows.items():
            if len(ids) > 1:
                yield f"reply {what} {name[:6]} was used for {len(ids)} rows"
    account = found.world.fake.account
    bodies: dict[str, set[str]] = {}
    for call in account.pushes:
        if call.retry_key is None:
            yield "push without a retry key"
        else:
            bodies.setdefault(call.retry_key, set()).add(str(call.body))
    for key, different in bodies.items():
        if len(different) > 1:
            yield f"retry key {key[:6]} was sent with {len(different)} bodies"


def _pending(found: Found) -> Iterator[str]:
    """Nothing waits any more, and nothing was buried unseen."""
    for row in found.sends:
        if row.state == SendState.PENDING:
            yield f"{row.kind} {row.reason} is still pending after {row.attempts} attempts"
    for job in found.jobs:
        if not job.kind.startswith(OURS) or job.state == JobState.DONE:
            continue
        if job.state != JobState.DEAD or job.kind != "chat.answer":
            yield f"job {job.kind} is {job.state}: {job.last_error}"


def _told(found: Found) -> Iterator[str]:
    """Every trouble is told to the bureau."""
    for row in found.sends:
        word = TOLD.get(SendState(row.state))
        if word is not None and not found.told[word]:
            yield f"{row.kind} {row.state}, and nobody was told"


def _files(found: Found) -> Iterator[str]:
    """Every picture that a person was to see is kept whole, or it is said why not."""
    kept = {row.line_event_id: row for row in found.files}
    for event in found.events.values():
        if event.kind == "message.image" and event.message_id is not None and event.id not in kept:
            yield f"picture {event.webhook_event_id} was noted for staff and not kept"
    for row in found.files:
        if row.state == FileState.WAITING:
            yield f"file {row.id} still waits"
        elif row.state == FileState.FETCHED and row.content != JPEG:
            yield f"file {row.id} holds something else"
        elif row.state != FileState.FETCHED and (row.content is not None or row.reason is None):
            yield f"file {row.id} is {row.state} without a reason, or with bytes"
