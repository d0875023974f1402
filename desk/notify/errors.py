"""Refusals and failures of notifications.

NotFoundError       ── TargetNotFoundError
                    ── DeliveryNotFoundError
                    ── SecretNotFoundError
ConflictError       ── DeliveryNotDeadError
                    ── SecretInUseError
UnprocessableError  ── TargetRefusedError
                    ── SecretMissingError
                    ── SecretRefusedError

DeliveryError is no answer to a caller: it says why a notice was not taken.
"""

from enum import StrEnum

from desk.errors import ConflictError, NotFoundError, UnprocessableError


class TargetNotFoundError(NotFoundError):
    """There is no such target."""

    code = "target_not_found"


class DeliveryNotFoundError(NotFoundError):
    """There is no such delivery among those the caller may see."""

    code = "delivery_not_found"


class DeliveryNotDeadError(ConflictError):
    """Only a delivery that was given up can be tried again."""

    code = "delivery_not_dead"


class SecretNotFoundError(NotFoundError):
    """The database holds no secret of this name."""

    code = "secret_not_found"


class SecretInUseError(ConflictError):
    """A target names the secret."""

    code = "secret_in_use"


class SecretMissingError(UnprocessableError):
    """No secret has this name."""

    code = "secret_missing"


class SecretRefusedError(UnprocessableError):
    """A secret or its name cannot be used."""

    code = "secret_refused"


class TargetFlaw(StrEnum):
    """Why a target cannot be made as asked."""

    BAD_HUB = "bad_hub"
    BAD_KIND = "bad_kind"
    BAD_LEVEL = "bad_level"
    BAD_MAIL = "bad_mail"
    BAD_URL = "bad_url"
    BAD_APP = "bad_app"
    BAD_FIELDS = "bad_fields"
    BAD_SECRETS = "bad_secrets"


class TargetRefusedError(UnprocessableError):
    """The address, app, fields or secrets of a target are not valid."""

    code = "target_refused"

    def __init__(self, flaw: TargetFlaw, detail: str) -> None:
        super().__init__(detail)
        self.flaw = flaw


class DeliveryError(Exception):
    """A notice was not taken.

    Attributes:
        permanent: Trying again would give the same; a person must look.
        retry_after_seconds: When the other side wants it again.
        gone: The other side says that it wants nothing any more (HTTP 410).
    """

    def __init__(
        self,
        message: str,
        *,
        permanent: bool = False,
        retry_after_seconds: float | None = None,
        gone: bool = False,
    ) -> None:
        super().__init__(message)
        self.permanent = permanent or gone
        self.retry_after_seconds = retry_after_seconds
        self.gone = gone
