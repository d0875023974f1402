"""Refusals of the audit log.

Exception       ── AuditMisuseError   (a fault of the calling code)
UnavailableError── AuditKeyError      503
"""

from desk.errors import UnavailableError


class AuditMisuseError(Exception):
    """An entry that may not be written: words instead of codes, or nothing to write it in."""


class AuditKeyError(UnavailableError):
    """The key file cannot be read or made; without it nothing that is audited may happen."""

    code = "audit_key"
