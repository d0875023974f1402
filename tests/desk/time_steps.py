"""Codes of an authenticator app live for steps of 30 seconds; tests keep clear of their ends."""

import asyncio
import time

STEP_SECONDS = 30
MARGIN_SECONDS = 6
"""Longer than a test needs between making a code and having it judged."""


async def keep_clear_of_the_steps_end() -> None:
    """Wait for the next step if this one is about to end."""
    left = STEP_SECONDS - time.time() % STEP_SECONDS
    if left < MARGIN_SECONDS:
        await asyncio.sleep(left + 0.1)
