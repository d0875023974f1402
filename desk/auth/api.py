"""Who sends a request to the staff's JSON API: the session cookie and a header.

The same session as in the console. A request that changes something carries the session's
token in the header `X-CSRF-Token` and comes from our own site or from no browser at all.
"""

import secrets
from typing import Annotated

from fastapi import Depends, Header

from desk.auth.dependencies import AnySignedIn, check_same_site
from desk.auth.errors import CsrfError

CSRF_HEADER = "X-CSRF-Token"


def check_header(
    signed: AnySignedIn, token: Annotated[str, Header(alias=CSRF_HEADER, max_length=128)] = ""
) -> None:
    """Refuse a change whose header does not carry the session's token.

    Raises:
        CsrfError: The header is missing or is another session's.
    """
    if not secrets.compare_digest(token.encode(), signed.session.csrf_token.encode()):
        raise CsrfError(f"Send the session's token in the header {CSRF_HEADER}.")


OwnRequest = (Depends(check_same_site), Depends(check_header))
"""Dependencies of every endpoint of the staff API that changes something; the endpoint itself
says who may (`Staff`, `Writer` and so on)."""
