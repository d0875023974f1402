"""Describes refusals in the OpenAPI document."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from desk.errors import PROBLEM_JSON


class Problem(BaseModel):
    """An RFC 9457 refusal; some carry further members."""

    type: str
    title: str
    status: int
    detail: str
    code: str


_WORDS = {
    400: "The body cannot be read.",
    401: "Nobody is logged in, or the session has ended.",
    403: "The person's role or responsibility does not include this.",
    404: "There is no such thing among those the person may see.",
    409: "Somebody else was first, or the state does not allow it.",
    412: "It has changed since the version that `If-Match` names.",
    413: "The text is longer than accepted.",
    422: "The request is well-formed but cannot be used.",
    428: "The header `If-Match` is missing.",
    429: "Too many requests; `Retry-After` says when to go on.",
    503: "The database is away for a moment; `Retry-After` says when to send the same again.",
}


def problems(
    *statuses: int, words: Mapping[int, str] | None = None
) -> dict[int | str, dict[str, Any]]:
    """The `responses` of an endpoint that may refuse with these statuses.

    Args:
        *statuses: Those that mean what they mean everywhere.
        words: Further ones, with what they mean here.
    """
    schema = Problem.model_json_schema()
    meanings = {status: _WORDS[status] for status in statuses} | dict(words or {})
    return {
        status: {
            "description": meaning,
            "content": {PROBLEM_JSON: {"schema": schema}},
        }
        for status, meaning in meanings.items()
    }
