"""The labels that reviewers choose from, their keys, and the marks in masked texts."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from advisor.loading import load_yaml

FILE = Path(__file__).with_name("labels.yml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Something a reviewer can choose."""

    id: str
    key: str
    """The one key that chooses it."""
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """Everything that `labels.yml` says, each by its id."""

    intents: Mapping[str, Choice]
    concerns: Mapping[str, Choice]
    verdicts: Mapping[str, Choice]
    marks: Mapping[str, str]
    neutral: Mapping[str, str]
    account_words: tuple[str, ...]
    address_tail: str
    read_as: str


@cache
def vocabulary() -> Vocabulary:
    """The labels, read once."""
    data = load_yaml(FILE)

    def choices(group: str) -> Mapping[str, Choice]:
        return {
            id_: Choice(id=id_, key=item["key"], name=item["name"])
            for id_, item in data[group].items()
        }

    return Vocabulary(
        intents=choices("intents"),
        concerns=choices("concerns"),
        verdicts=choices("verdicts"),
        marks=data["marks"],
        neutral=data["neutral"],
        account_words=tuple(data["account_words"]),
        address_tail=data["address_tail"],
        read_as=data["read_as"],
    )
