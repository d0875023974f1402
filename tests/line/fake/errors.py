"""What LINE answers when it refuses, word for word.

LineError
└── with the status and the sentence of one row of the constants below
"""

from dataclasses import dataclass, field
from typing import Any

INVALID_TOKEN = (
    "Authentication failed due to the following reason: invalid token. Confirm that the access "
    "token in the authorization header is valid."
)
INVALID_REPLY_TOKEN = "Invalid reply token"
FAILED_TO_SEND = "Failed to send messages"
RETRY_KEY_ACCEPTED = "The retry key is already accepted"
MONTHLY_LIMIT = "You have reached your monthly limit."
RATE_LIMIT = "The API rate limit has been exceeded. Try again later."
NOT_FOUND = "Not found"
NO_CHAT = "Failed to mark messages as read. Please ensure that chat is enabled."
# LINE's own words for these three are not known to us; nobody may depend on them.
RETRY_KEY_UNSUPPORTED = "X-Line-Retry-Key is not supported for this API"
RETRY_KEY_INVALID = "Invalid retry key"
TOO_LARGE = "The request body is too large"
SERVER_ERROR = "Internal Server Error"


@dataclass(frozen=True, slots=True)
class Problem:
    """One entry of `details`."""

    message: str
    property: str

    def __str__(self) -> str:
        return f"{self.property}: {self.message}"


@dataclass(slots=True)
class LineError(Exception):
    """LINE refuses the call."""

    status: int
    message: str
    details: list[Problem] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.status} {self.message} {'; '.join(map(str, self.details))}".strip()

    def body(self) -> dict[str, Any]:
        """The answer's body; without `details` when there are none."""
        told = [{"message": d.message, "property": d.property} for d in self.details]
        return {"message": self.message, **({"details": told} if told else {}), **self.more}


def has_errors(problems: list[Problem]) -> LineError:
    """400 for a body that LINE would not take."""
    return LineError(400, f"The request body has {len(problems)} error(s)", problems)


def not_json(line: int, column: int) -> LineError:
    """400 for a body that is no JSON."""
    place = f"(line: {line}, column: {column})"
    return LineError(400, f"The request body could not be parsed as JSON {place}")


def invalid_property(name: str) -> LineError:
    """400 for one property that makes no sense."""
    return LineError(
        400, f"The property, '{name}', in the request body is invalid (line: -, column: -)"
    )


def content_type(given: str) -> LineError:
    """415 for a body of another kind."""
    return LineError(415, f"The content type, {given}, is not supported")
