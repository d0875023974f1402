"""No barrier that a machine can find, in every state, in light, dark and forced colours.

The rules are those of axe-core (MPL-2.0), which comes with the locked package
axe-playwright-python; everything up to WCAG 2.2 AA and its good practices.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page

from tests.browser.view.conftest import AdvisedDesk, Owner
from tests.browser.view.states import STATES

pytestmark = pytest.mark.browser
RULES = {"target-size": {"enabled": True}, "css-orientation-lock": {"enabled": True}}
SCHEMES: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light", "forced_colors": "none"},
    "dark": {"color_scheme": "dark", "forced_colors": "none"},
    "forced": {"color_scheme": "dark", "forced_colors": "active"},
}


@pytest.fixture
def quiet(context_of: Any, advised: AdvisedDesk) -> Iterator[Owner]:
    """An owner on a phone; failed requests that a state provokes may show in the console."""
    context: BrowserContext = context_of(
        viewport={"width": 390, "height": 844}, reduced_motion="reduce"
    )
    page: Page = context.new_page()
    page.set_default_timeout(20_000)
    yield Owner(page, advised)
    advised.engine.is_away = False


@pytest.mark.criteria(
    "1.1.1", "1.3.1", "1.4.3", "1.4.11", "2.4.2", "3.1.1", "3.3.2", "4.1.1", "4.1.2"
)
@pytest.mark.parametrize("state", list(STATES))
def test_axe_finds_nothing(quiet: Owner, state: str) -> None:
    STATES[state](quiet)

    for scheme, media in SCHEMES.items():
        quiet.page.emulate_media(**media)
        # In forced colours the computed values are still ours, not what is painted: there
        # test_forced_colours.py looks at the picture.
        rules = {**RULES, "color-contrast": {"enabled": scheme != "forced"}}
        found = Axe().run(quiet.page, options={"rules": rules})
        assert found.violations_count == 0, f"{state}, {scheme}\n{found.generate_report()}"
        passed = {rule["id"] for rule in found.response["passes"]}
        assert {"target-size", "button-name"} <= passed
