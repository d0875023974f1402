"""Versions as entity tags: what a change must name, and what every answer carries."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import Depends, Request, Response

from desk.cases.errors import CaseVersionError
from desk.errors import PreconditionFailedError, PreconditionNeededError, UnprocessableError

_TAG = re.compile(r'\s*"(\d{1,9})"\s*')


class StaleError(PreconditionFailedError):
    """It has changed since the version that `If-Match` names."""

    def __init__(self, refused: CaseVersionError) -> None:
        super().__init__(refused.detail)
        self.code = refused.code


class BadVersionError(UnprocessableError):
    """`If-Match` holds no tag of ours."""

    code = "bad_version"


NAMES_VERSION: dict[str, Any] = {
    "parameters": [
        {
            "name": "If-Match",
            "in": "header",
            "required": True,
            "description": 'The `ETag` of the version that the change is made for, as `"3"`.',
            "schema": {"type": "string", "pattern": '^"[0-9]{1,9}"$'},
        }
    ]
}
"""The header for OpenAPI. It is required, but the answer without it is 428 and not 422."""


def read_if_match(request: Request) -> int:
    """The version that the caller saw.

    Raises:
        PreconditionNeededError: The header is missing or stands for any version.
        BadVersionError: It is no tag that we give.
    """
    if_match = request.headers.get("If-Match")
    if if_match is None or if_match.strip() in {"", "*"}:
        raise PreconditionNeededError('Send the ETag that you saw as If-Match: "<version>".')
    found = _TAG.fullmatch(if_match)
    if found is None:
        raise BadVersionError('Send the ETag as it came: If-Match: "<version>".')
    return int(found.group(1))


IfMatch = Annotated[int, Depends(read_if_match)]


def set_tag(response: Response, version: int) -> None:
    """Give the version along as `ETag`."""
    response.headers["ETag"] = f'"{version}"'


@asynccontextmanager
async def stale_as_412() -> AsyncIterator[None]:
    """Answer 412 where a form of the console is answered 409: the caller named a version."""
    try:
        yield
    except CaseVersionError as exc:
        raise StaleError(exc) from exc
