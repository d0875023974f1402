"""The reports' words, from `texts.yml`."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from advisor.loading import load_yaml

TEXTS = Path(__file__).with_name("texts.yml")


@cache
def texts() -> Mapping[str, Any]:
    """All words; read once."""
    loaded: Mapping[str, Any] = load_yaml(TEXTS)
    return loaded


def word(group: str, key: object) -> str:
    """The word for `key`, or the key itself where there is none."""
    return str(texts()[group].get(str(key), key))


def say(sentence: str, **values: object) -> str:
    """A sentence with its values."""
    return str(texts()["sentences"][sentence]).format(**values)
