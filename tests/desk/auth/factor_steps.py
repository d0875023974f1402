"""What the tests of the second factor share."""

from desk.auth.login import CodeWanted
from desk.auth.service import AuthService

PASSWORD = "correct horse battery"


async def _password(auth: AuthService, login: str = "hanako") -> str:
    """Prove the password; the token of the login that waits for a code."""
    outcome = await auth.logins.go_on(await auth.authenticate(login, PASSWORD))
    assert isinstance(outcome, CodeWanted)
    return outcome.token
