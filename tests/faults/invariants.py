"""What must hold after every run, whatever was killed: from the API and the database."""

import contextlib
import sqlite3
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.faults.strike import DATABASE_FILE
from tests.faults.walk import ASKS_STATUS, Walker, wording

CONSULTATION, ATTENTION = "consultation", "attention"
GAVE_UP_PART = -1
ATTENTION_SECONDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    number: str
    kind: str
    hub_id: str
    promised_on: str
    opened: int
    """Events that say that it was opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRow:
    id: str
    seq: int
    author: str
    client_message_id: str | None
    answers_id: str | None
    part: int | None


def find_violations(walker: Walker, data: Path, *, gave_up: bool) -> list[str]:
    """Everything that is wrong with the conversation of a run; empty if nothing is."""
    if gave_up:
        _wait_for_attention(walker, data)
    listed = walker.list_all()
    cases, rows = _read(data, walker.id)
    return [
        *_of_cases(walker, listed, cases, gave_up=gave_up),
        *_of_status(walker, listed, cases, gave_up=gave_up),
        *_of_listing(walker, listed, rows),
        *_of_answers(listed, rows),
        *_of_giving_up(rows, cases),
    ]


def _read(data: Path, conversation_id: str) -> tuple[list[CaseRow], list[MessageRow]]:
    key = (conversation_id.replace("-", ""),)
    with contextlib.closing(sqlite3.connect(data / DATABASE_FILE, timeout=30)) as database:
        cases = database.execute(
            "SELECT number, kind, hub_id, promised_on, (SELECT count(*) FROM case_event"
            " WHERE case_id = c.id AND case_event.kind = 'opened')"
            ' FROM "case" AS c WHERE conversation_id = ? ORDER BY number',
            key,
        ).fetchall()
        messages = database.execute(
            "SELECT id, seq, author, client_message_id, answers_id, part FROM message"
            " WHERE conversation_id = ? ORDER BY seq",
            key,
        ).fetchall()
    case_fields = ("number", "kind", "hub_id", "promised_on", "opened")
    message_fields = ("id", "seq", "author", "client_message_id", "answers_id", "part")
    return (
        [CaseRow(**dict(zip(case_fields, row, strict=True))) for row in cases],
        [MessageRow(**dict(zip(message_fields, row, strict=True))) for row in messages],
    )


def _wait_for_attention(walker: Walker, data: Path) -> None:
    """The case for staff is opened a moment after the owner is told of it."""
    deadline = time.monotonic() + ATTENTION_SECONDS
    while time.monotonic() < deadline:
        cases, _ = _read(data, walker.id)
        if any(case.kind == ATTENTION for case in cases):
            return
        time.sleep(0.2)


def _receipts(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    cards = [m["card"] for m in messages if m["card"]]
    return [card for card in cards if card["kind"] == "receipt"]


def _of_cases(
    walker: Walker, listed: list[dict[str, Any]], cases: list[CaseRow], *, gave_up: bool
) -> list[str]:
    """One case and one receipt if the owner said send, none otherwise; both say the same."""
    own = [case for case in cases if case.kind == CONSULTATION]
    wrong = [f"case {c.number} was opened {c.opened} times" for c in own if c.opened != 1]
    if walker.has_sent_case and len(own) != 1 and not (gave_up and not own):
        wrong.append(f"the owner said send once and there are {len(own)} cases")
    if not walker.has_sent_case and own:
        wrong.append(f"the owner never said send and there are {len(own)} cases")
    if len(_receipts(listed)) != len(own) and not gave_up:
        wrong.append(f"{len(own)} cases, and {len(_receipts(listed))} receipts in the talk")
    known = {(case.number, case.hub_id, case.promised_on) for case in own}
    # Also what was shown once and may be gone from the listing.
    for card in _receipts(list(walker.shown.values())):
        told = (card["case_number"], card["hub"], card["promised_on"])
        if told not in known:
            wrong.append(f"a receipt says {told}, the cases are {sorted(known)}")
    return wrong


def _of_status(
    walker: Walker, listed: list[dict[str, Any]], cases: list[CaseRow], *, gave_up: bool
) -> list[str]:
    """Asked how it stands, the bot speaks of the case there is, and of no other."""
    if gave_up:
        return []
    asked = [m["seq"] for m in listed if m["author"] == "user" and m["text"] == ASKS_STATUS]
    told = " ".join(m["text"] for m in listed if asked and m["seq"] > asked[-1])
    own = [case.number for case in cases if case.kind == CONSULTATION]
    wrong = [f"asked for it, the bot did not name case {n}" for n in own if n not in told]
    if not own and "-" in told:
        wrong.append("the bot names a case that does not exist")
    return wrong


def _of_listing(walker: Walker, listed: list[dict[str, Any]], rows: list[MessageRow]) -> list[str]:
    """What the owner sent and was shown is in the talk: all of it, once, in order."""
    wrong = []
    if [m["seq"] for m in listed] != [row.seq for row in rows]:
        wrong.append("the API lists other messages than the database has")
    said = [(m["id"], m["text"]) for m in listed if m["author"] == "user"]
    sent = [(each.id, each.text) for each in walker.log]
    if said != sent:
        wrong.append(f"the owner sent {len(sent)} messages, {len(said)} are listed or in disorder")
    ids = [row.client_message_id for row in rows if row.client_message_id]
    if len(ids) != len(set(ids)):
        wrong.append("a message is stored twice")
    gone = set(walker.shown) - {m["id"] for m in listed}
    if gone:
        wrong.append(f"{len(gone)} messages were shown and are gone")
    return wrong


def _of_answers(listed: list[dict[str, Any]], rows: list[MessageRow]) -> list[str]:
    """Each message is answered by one turn, before the next one is; waiting comes to an end."""
    wrong = []
    own = {row.id: row for row in rows if row.author == "user"}
    turns: dict[str, list[MessageRow]] = {}
    for row in rows:
        if row.answers_id is not None and row.author == "bot":
            turns.setdefault(row.answers_id, []).append(row)
    for message_id, answers in turns.items():
        parts = [row.part for row in answers]
        seqs = [row.seq for row in answers]
        asked = own[message_id].seq
        if parts != list(range(1, len(parts) + 1)):
            wrong.append(f"message {asked} has the parts {parts} of answers")
        if min(seqs) < asked or seqs != list(range(seqs[0], seqs[0] + len(seqs))):
            wrong.append(f"the answer to message {asked} lies at {seqs}, not in one piece after it")
    order = [own[message_id].seq for message_id in turns]
    if any(earlier > later for earlier, later in pairwise(order)):
        wrong.append(f"messages were answered out of order: {order}")
    gave_up = {row.answers_id for row in rows if row.part == GAVE_UP_PART}
    silent = [row.seq for row in own.values() if row.id not in turns and row.id not in gave_up]
    if silent:
        wrong.append(f"messages {silent} have no answer")
    waits = [m["seq"] for m in listed if m["text"] == wording("please_wait")]
    asked_to_wait = [row.answers_id for row in rows if row.seq in waits]
    if len(asked_to_wait) != len(set(asked_to_wait)):
        wrong.append("the owner was asked to wait twice for one answer")
    return wrong


def _of_giving_up(rows: list[MessageRow], cases: list[CaseRow]) -> list[str]:
    """'The department in charge looks at it' is said exactly where it has a case to look at."""
    told = sum(row.part == GAVE_UP_PART for row in rows)
    waiting = sum(case.kind == ATTENTION for case in cases)
    if told == waiting:
        return []
    return [f"{told} messages were given to a person, and {waiting} cases say so"]
