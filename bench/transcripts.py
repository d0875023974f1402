"""Plays the owners of docs/transcripts/talks.yml and writes what came out, word by word.

Run from the project root, in desk's environment, with a trained model:

    .venv/bin/python bench/transcripts.py
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.product import OwnerClient, Product  # noqa: E402

FOLDER = ROOT / "docs" / "transcripts"
TODAY = "2026-11-27"
MOST = 40
WORDS_OF_STATUS = {
    "open": "受付中",
    "ended": "終了",
    "unverified": "要確認",
    "not_yet": "受付前",
}


class Talk:
    """One owner's talk, told as lines of Markdown."""

    def __init__(self, talk: dict[str, Any], client: OwnerClient) -> None:
        """Begin with what the bot says first."""
        self.talk, self.client = talk, client
        self.answers = {**talk["answers"], **talk.get("consents", {})}
        self.lines: list[str] = [f"# {talk['who']}", ""]
        self.told(client.last)

    def play(self) -> str:
        """Say everything and answer everything."""
        for text in self.talk["say"]:
            self.say(text)
        self.answer()
        for text in self.talk["then"]:
            self.say(text)
            self.answer(offers=False)
        return "\n".join(self.lines).rstrip() + "\n"

    def answer(self, *, offers: bool = True) -> None:
        """Answer what is asked; an offer ends the questions, once."""
        for _ in range(MOST):
            question = self.client.question
            if question is None or question["key"] == "full_profile":
                return
            known = self.answers.pop(question["id"], None) or self.answers.pop(
                question["key"], None
            )
            self.say(known or "わからない")

    def say(self, text: str) -> None:
        """Type something."""
        self.lines += [f"**社長** {text}", ""]
        self.told(self.client.say(text))

    def told(self, messages: list[dict[str, Any]]) -> None:
        """Write the answers down."""
        for message in messages:
            text = message["text"].strip().replace("\n", "  \n")
            self.lines += [f"**{message['author_name']}** {text}", ""]
            card = message["card"]
            if card:
                self.lines += [*(f"> {line}" for line in card_lines(card)), ""]
            question = message["question"] or {}
            titles = [c["title"] for c in question.get("choices", [])]
            titles = titles or [reply["title"] for reply in message["quick_replies"]]
            if titles:
                self.lines += ["".join(f"〔{title}〕" for title in titles), ""]


def card_lines(card: dict[str, Any]) -> Iterator[str]:
    """A card in words, as a screen reader would read it."""
    kind = card["kind"]
    if kind == "diagnosis":
        told = {
            name: "まだ伺っていません" if of["level"] is None else f"{of['level']} / 4"
            for name, of in card["dimensions"].items()
        }
        yield "〈図〉" + "、".join(f"{name}: {level}" for name, level in told.items())
    elif kind == "recommendations":
        for item in card["items"]:
            source = item["source"]
            yield f"{item['rank']}. **{item['title']}**（{WORDS_OF_STATUS[item['status']]}）  "
            yield f"{item['reason']}  "
            yield f"まず: {item['first_step']}  "
            yield f"出典: {source['title']}（{source['date']}）"
            yield ""
    elif kind == "program":
        yield f"{card['text']}  "
        source = card["source"]
        yield f"出典: {source['title']}（{source['date']}）" if source else "出典なし"
    elif kind == "amount":
        yen = "計算できません" if card["yen"] is None else f"{card['yen']:,}円"
        working = card["working"]
        told = working if isinstance(working, str) else "、".join(map(str, working))
        yield f"{yen}（{told}）"
    elif kind == "receipt":
        yield f"受付番号 {card['case_number']}、お返事の予定日 {card['promised_on']}"
    elif kind == "referral":
        for contact in card["contacts"]:
            yield f"- {contact['name']} {contact['phone'] or ''} {contact['url'] or ''}".rstrip()


def main() -> None:
    """Play every talk and write it beside its source."""
    talks = yaml.safe_load((FOLDER / "talks.yml").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as name:
        for today in sorted({talk.get("today", TODAY) for talk in talks}):
            with Product(Path(name) / today, today=today) as product:
                product.start("--no-train")
                for talk in talks:
                    if talk.get("today", TODAY) == today:
                        with OwnerClient(product.base) as client:
                            text = Talk(talk, client).play()
                        (FOLDER / f"{talk['id']}.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
