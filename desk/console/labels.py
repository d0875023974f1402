"""The console's words (`labels.yml`) and how values are put into them."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from advisor.loading import load_yaml
from desk.config import JST

LABELS = Path(__file__).with_name("labels.yml")


@cache
def labels() -> Mapping[str, Any]:
    """All words, by group; read once."""
    loaded: Mapping[str, Any] = load_yaml(LABELS)
    return loaded


def label(group: str, key: object) -> str:
    """The word for `key`, or the key itself where no word was written for it."""
    return str(labels()[group].get(str(key), key))


def jst(moment: datetime) -> str:
    """Date and time in Japan."""
    return moment.astimezone(JST).strftime(labels()["dates"]["moment"])


def day(value: date, *, with_year: bool = False) -> str:
    """A calendar date with its weekday."""
    words = labels()["dates"]
    text = value.strftime(words["day_with_year" if with_year else "day"])
    return str(words["with_weekday"].format(day=text, weekday=words["weekdays"][value.weekday()]))


def fact_value(key: str, value: object) -> str:
    """What is known about the company, in words."""
    if isinstance(value, bool) or value == "unknown":
        return label("fact_values", str(value).lower())
    if key == "industry":
        return label("industries", value)
    if key in labels()["fact_units"]:
        return str(labels()["fact_units"][key].format(value=value))
    return str(value)
