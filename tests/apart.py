"""Runs a coroutine on a thread of its own.

Playwright keeps an event loop running on the thread of the tests for as long as its session
lasts, so a test that is not asynchronous cannot call ``asyncio.run`` there.
"""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def run_apart(work: Coroutine[Any, Any, T]) -> T:
    """The result of the coroutine; its error is raised here."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
