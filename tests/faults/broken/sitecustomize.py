"""Breaks a guard of a desk that is started with this folder on its PYTHONPATH.

The desk's own code is left as it is: this shows that the seeded runs see a case that is
opened twice, which they could not show of a desk that never opens one twice.
"""

import asyncio
import sys
from dataclasses import replace
from uuid import uuid4

KILL_WITHIN_SECONDS = 7.0


def forget_the_hand_off_number() -> None:
    """Give every opening of a case a number of its own, and be slow to tell the receipt."""
    from desk.cases.opening import CaseDraft, CaseOpening, Receipt  # noqa: PLC0415 (desk only)

    open_once = CaseOpening.open_case

    async def open_each_time(self: CaseOpening, draft: CaseDraft) -> Receipt:
        receipt = await open_once(self, replace(draft, handoff_number=uuid4().int % 2**31))
        await asyncio.sleep(KILL_WITHIN_SECONDS)
        return receipt

    CaseOpening.open_case = open_each_time  # type: ignore[method-assign]


if "serve" in sys.orig_argv and "desk" in sys.orig_argv:
    forget_the_hand_off_number()
