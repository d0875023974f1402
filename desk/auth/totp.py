"""Codes of authenticator apps (TOTP, RFC 6238) and the code that carries their secret."""

import hmac
import re
import unicodedata
from datetime import datetime

import pyotp
import segno

STEP_SECONDS = 30
DRIFT_STEPS = 1
"""Clocks may differ by one step, before or after."""
DIGITS = 6
ISSUER = "jinjibu"
_CODE = re.compile(rf"[0-9]{{{DIGITS}}}")
_SEPARATORS = re.compile(r"[\s\u2010-\u2015\u30fc-]")


def new_secret() -> str:
    """A secret of 160 bits, in base 32 as apps want it."""
    return pyotp.random_base32(length=32)


def app_address(secret: str, login: str) -> str:
    """The `otpauth://` address that an authenticator app reads."""
    return pyotp.TOTP(secret, digits=DIGITS, interval=STEP_SECONDS).provisioning_uri(
        name=login, issuer_name=ISSUER
    )


def qr_code(address: str) -> str:
    """The address as a QR code: an SVG element without styles or scripts."""
    return segno.make(address, error="m", micro=False).svg_inline(
        scale=5, border=4, dark="#000", light="#fff", svgclass="qr", lineclass="qr-line"
    )


def plain_code(typed: str) -> str:
    """What was typed, in half-width lower case and without spaces and hyphens."""
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", typed)).casefold()


def is_totp(code: str) -> bool:
    """Whether the (plain) code has the form of an app's code."""
    return _CODE.fullmatch(code) is not None


def matching_step(secret: str, code: str, at: datetime) -> int | None:
    """The time-step whose code this is, near `at`; None if it is none of them.

    Args:
        secret: The app's secret.
        code: Six digits.
        at: The moment by our clock.
    """
    totp = pyotp.TOTP(secret, digits=DIGITS, interval=STEP_SECONDS)
    current = int(at.timestamp()) // STEP_SECONDS
    matches = [
        step
        for step in range(current - DRIFT_STEPS, current + DRIFT_STEPS + 1)
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode())
    ]
    return max(matches, default=None)
