"""Random tokens for cookies and addresses; the tables keep only their hashes."""

import hashlib
import secrets

TOKEN_BYTES = 32


def new_token() -> str:
    """A token of 256 bits for a cookie, a form or an address."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(token: str) -> str:
    """What the table keeps of a token; random ones need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()
