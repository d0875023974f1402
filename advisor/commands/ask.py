"""The interview in a terminal, for a person, in Japanese."""

import datetime as dt
import json
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final, TextIO

from advisor.commands.dialogue import CONCERNS, Dialogue, Step
from advisor.commands.report import INDENT, date_words, point_lines, result_lines
from advisor.interpretation import interpret
from advisor.interview import is_settled, next_profile_question
from advisor.knowledge import KnowledgeBase
from advisor.labels import FULL_PROFILE
from advisor.model import AnswerType
from advisor.recommendation import PLANNED_COSTS
from advisor.situation import Situation

INTERRUPTED: Final = 130
_PROMPT: Final = "> "
_HEARD: Final = ("heard_one", "heard_two")


class _Steering(Enum):
    """Input that steers the talk instead of answering."""

    BACK = "back"
    STOP = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """Where the talk takes place, and where what was said is kept."""

    stdin: TextIO
    stdout: TextIO
    save: Path | None = None

    def say(self, *lines: str) -> None:
        """Write lines."""
        for line in lines:
            print(line, file=self.stdout)

    def check(self) -> None:
        """Open the file for writing before anything is asked; what is in it stays.

        Raises:
            OSError: The file cannot be written.
        """
        if self.save is not None:
            self.save.open("a", encoding="utf-8").close()

    def keep(self, situation: Situation) -> None:
        """Store the situation, if a file was named.

        Raises:
            OSError: The file cannot be written.
        """
        if self.save is not None:
            text = json.dumps(situation.to_json(), ensure_ascii=False, indent=2)
            self.save.write_text(text + "\n", encoding="utf-8")


def ask(
    kb: KnowledgeBase, outlet: Outlet, *, on: dt.date, situation: Situation, is_full: bool = False
) -> int:
    """Lead a person through the interview and tell the result.

    Args:
        kb: The knowledge base.
        outlet: Streams of the terminal.
        on: Date whose published rules apply.
        situation: What is known already.
        is_full: Go straight to the full profile.

    Returns:
        0, or 130 after an interruption from the keyboard.
    """
    outlet.check()
    dialogue = Dialogue(kb, on=on, situation=situation, is_full=is_full)
    talk = _Talk(dialogue, outlet)
    try:
        talk.run()
    except KeyboardInterrupt:
        outlet.say("", kb.wording("terminal.interrupted"))
        return INTERRUPTED
    finally:
        outlet.keep(dialogue.situation)
        if outlet.save is not None:
            outlet.say(kb.wording("terminal.saved", path=outlet.save))
    return 0


class _Talk:
    """One talk at a terminal."""

    def __init__(self, dialogue: Dialogue, outlet: Outlet) -> None:
        self.dialogue = dialogue
        self.kb = dialogue.kb
        self.out = outlet

    def run(self) -> None:
        date = date_words(self.dialogue.on, self.kb)
        self._say("terminal.welcome", date=date)
        self._say("terminal.how")
        while self._ask_everything():
            self._tell_result()
            has_more = next_profile_question(self.dialogue.situation, self.kb) is not None
            if self.dialogue.is_full or not has_more or not self._goes_on():
                self._tell_points()
                return
        self._tell_what_is_known()

    def _say(self, text_id: str, **values: object) -> None:
        self.out.say(self.kb.wording(text_id, **values))

    def _read(self) -> str | _Steering:
        """Read one line; the end of the input stops the talk."""
        self.out.stdout.write(_PROMPT)
        self.out.stdout.flush()
        line = self.out.stdin.readline()
        text = unicodedata.normalize("NFKC", line).strip().lower()
        if not line:
            self.out.say("")
        if not line or text in self.kb.word_list("terminal.stop_words"):
            return _Steering.STOP
        if text in self.kb.word_list("terminal.back_words"):
            return _Steering.BACK
        return line.strip()

    def _ask_everything(self) -> bool:
        """Ask until nothing is left; False when the person stops."""
        while (step := self.dialogue.step()) is not None:
            self._show(step)
            text = self._read()
            if text is _Steering.STOP:
                return False
            if isinstance(text, _Steering):
                self._go_back()
                continue
            said = self.dialogue.take_text(step, text) if text else None
            if said is None:
                self.out.say(self._remedy(step))
                continue
            self.out.say(*said)
            if step.kind == CONCERNS:
                self._say_heard()
        return True

    def _go_back(self) -> None:
        if not self.dialogue.go_back():
            self._say("terminal.nothing_before")

    def _show(self, step: Step) -> None:
        kb = self.kb
        self.out.say("")
        self._say("terminal.left", text=step.question.text, count=step.left)
        if step.question.type is AnswerType.INTEGER:
            if step.choices:
                self._say("terminal.hint_people")
            for choice in step.choices:
                self.out.say(INDENT + kb.wording("terminal.listed", title=choice.title))
            return
        titles = [choice.title for choice in step.choices]
        if step.kind == CONCERNS:
            self._list([kb.wording("terminal.no_concern"), *titles], start=0)
            self._say("terminal.hint_concerns")
        elif titles:
            self._list([*titles, kb.wording("button_dont_know")], start=1)

    def _list(self, titles: Iterable[str], *, start: int) -> None:
        for number, title in enumerate(titles, start=start):
            line = self.kb.wording("terminal.numbered", number=number, title=title)
            self.out.say(INDENT + line)

    def _remedy(self, step: Step) -> str:
        """Tell what to do after an answer that could not be read."""
        kb = self.kb
        if step.kind == CONCERNS:
            return kb.wording("terminal.unreadable_concerns", count=len(step.choices))
        if step.question.id == PLANNED_COSTS:
            return kb.wording("terminal.unreadable_yen")
        if step.question.type is AnswerType.INTEGER:
            return kb.wording("terminal.unreadable_people")
        if step.choices:
            return kb.wording("terminal.unreadable_choice", count=len(step.choices) + 1)
        return kb.wording(f"terminal.unreadable_{step.question.type.value}")

    def _say_heard(self) -> None:
        kb = self.kb
        heard = [kb.concerns[s.concern].heard for s in self.dialogue.situation.concerns]
        if len(heard) > len(_HEARD):
            self._say("heard_many", a=kb.wording("list_comma").join(heard))
        elif heard:
            self._say(_HEARD[len(heard) - 1], a=heard[0], b=heard[-1])

    def _goes_on(self) -> bool:
        """Offer the full profile; True also when the last answer is taken back instead."""
        question = self.kb.questions[FULL_PROFILE]
        titles = [self.kb.wording("terminal.yes"), self.kb.wording("terminal.no")]
        while True:
            self.out.say("")
            self._say("terminal.offer_profile")
            self._list(titles, start=1)
            text = self._read()
            if text is _Steering.STOP:
                return False
            if isinstance(text, _Steering):
                self._go_back()
                return True
            value = interpret(question, text, self.kb).value
            if value is False:
                return False
            if value is True:
                self.dialogue.begin_profile()
                return True
            self._say("terminal.unreadable_choice", count=len(titles))

    def _tell_what_is_known(self) -> None:
        """Tell the result so far, after a stop."""
        situation = self.dialogue.situation
        if not situation.concerns and not situation.levels:
            self._say("terminal.nothing_known")
            return
        self._say("terminal.stopped")
        self._tell_result()
        if not is_settled(situation, self.kb, on=self.dialogue.on):
            self._say("terminal.not_settled")
        self._tell_points()

    def _tell_result(self) -> None:
        dialogue = self.dialogue
        self.out.say("", *result_lines(dialogue.situation, self.kb, on=dialogue.on))

    def _tell_points(self) -> None:
        self.out.say("", self.kb.wording("terminal.heading_points"))
        for line in point_lines(self.dialogue.situation, self.kb):
            self.out.say(INDENT + line)
