"""The models of LINE's own SDK as second judge of what desk sends."""

import functools
from types import ModuleType
from typing import Any


@functools.cache
def load() -> ModuleType:
    """The models; the first time that takes seconds, so not while somebody waits."""
    import linebot.v3.messaging as models  # noqa: PLC0415

    return models


def sdk_problems(model: str, body: Any) -> list[str]:
    """What the SDK's model of this name would not take; empty if it takes the body."""
    try:
        made = getattr(load(), model).from_dict(body)
    except (ValueError, TypeError, KeyError, AttributeError) as exc:
        return [f"SDK: {model}: {exc}"]
    return [] if made is not None else [f"SDK: {model}: nothing"]
