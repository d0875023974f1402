"""What each role may see and do."""

from desk.auth.models import Role, StaffUser
from desk.config import SecondFactorRule

HUB_ROLES = frozenset({Role.STAFF, Role.LEAD})
"""Roles that see the cases of one hub only."""
WIDE_ROLES = frozenset({Role.BUREAU, Role.ADMIN, Role.AUDITOR})
"""Roles that see the cases of every hub."""
WRITING_ROLES = frozenset({Role.STAFF, Role.LEAD, Role.BUREAU, Role.ADMIN})
LEADING_ROLES = frozenset({Role.LEAD, Role.BUREAU, Role.ADMIN})
"""Roles that may also change what a colleague is responsible for."""
NO_HUB = ""
"""Stands for a hub that has no cases."""


def visible_hub(user: StaffUser) -> str | None:
    """The hub whose cases the person sees; None means every hub.

    An account with an unknown role, or of a hub role without a hub, sees nothing.
    """
    if user.role in WIDE_ROLES:
        return None
    return user.hub_id or NO_HUB


def needs_second_factor(user: StaffUser, rule: SecondFactorRule) -> bool:
    """Whether the account may do nothing before it has an authenticator app."""
    if rule is SecondFactorRule.WIDE:
        return user.role in WIDE_ROLES
    return rule is SecondFactorRule.ALL


def can_write(user: StaffUser) -> bool:
    """Whether the person may change cases at all."""
    return user.role in WRITING_ROLES


def can_lead(user: StaffUser) -> bool:
    """Whether the person may change what a colleague is responsible for."""
    return user.role in LEADING_ROLES


def can_manage_users(user: StaffUser) -> bool:
    """Whether the person may add and disable accounts."""
    return user.role == Role.ADMIN
