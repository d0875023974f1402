"""Describes refusals in the OpenAPI document."""

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
    422: "The request is well-formed but cannot be used.",
    428: "The header `If-Match` is missing.",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of an endpoint that may refuse with these statuses."""
    schema = Problem.model_json_schema()
    return {
        status: {
            "description": _WORDS[status],
            "content": {PROBLEM_JSON: {"schema": schema}},
        }
        for status in statuses
    }
