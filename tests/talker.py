"""An owner who answers what is asked, whichever way the words go."""

from typing import Any


class Talker:
    """Says, presses and answers; how a message is sent is for the subclass."""

    last: list[dict[str, Any]]
    """Messages of the last answer, as the public API shows them."""

    def send(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        """Send `{text}` or `{payload, title}` and keep its answers in `last`."""
        raise NotImplementedError

    def say(self, text: str) -> list[dict[str, Any]]:
        """Type something."""
        return self.send({"text": text})

    @property
    def question(self) -> dict[str, Any] | None:
        """The question that the last answer asks."""
        questions = [m["question"] for m in self.last if m["question"]]
        assert len(questions) <= 1, "two questions in one turn"
        return questions[0] if questions else None

    def choose(self, value: Any) -> list[dict[str, Any]]:
        """Press the button of this value under the question."""
        assert self.question is not None, f"no question is asked: {self.texts}"
        for choice in self.question["choices"]:
            if choice["value"] == value and type(choice["value"]) is type(value):
                return self.send({"payload": choice["payload"], "title": choice["title"]})
        raise AssertionError(f"{value!r} is not among {self.question['choices']}")

    @property
    def texts(self) -> list[str]:
        """What was said last."""
        return [m["text"] for m in self.last]

    def card(self, kind: str) -> dict[str, Any] | None:
        """The card of this kind in the last answer."""
        cards = [m["card"] for m in self.last if m["card"] and m["card"]["kind"] == kind]
        return cards[0] if cards else None

    def answer_until(self, key: str, answers: dict[str, Any], *, most: int = 30) -> None:
        """Answer what is asked until `key` is asked.

        Args:
            key: The question to stop at.
            answers: By key: a text to type, or a value to press; others get their last
                choice before 「わからない」.
            most: Fail after so many questions.
        """
        for _ in range(most):
            assert self.question is not None, f"{key} was never asked: {self.texts}"
            asked = self.question["key"]
            if asked == key:
                return
            answer = answers.get(asked)
            if isinstance(answer, str):
                self.say(answer)
            elif answer is not None:
                self.choose(answer)
            else:
                values = [c["value"] for c in self.question["choices"]]
                self.choose(values[-2] if len(values) > 1 else values[-1])
        raise AssertionError(f"{key} was not asked within {most} questions")
