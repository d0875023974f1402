"""What pressing the rich menu says, from its installation to the answer."""

from collections.abc import Iterator

import pytest

from desk.line.client import LineClient
from desk.line.menu import Area, load_menu, read_menu
from desk.line.menu.install import install_menu
from tests.line.conftest import LineDesk

AREAS = read_menu().areas


@pytest.fixture
async def desk(desk: LineDesk) -> LineDesk:
    """With the greeting over, and our menu below the chat."""
    line: LineClient = desk.app.state.line.client
    account = next(iter(desk.app.state.line.service.accounts))
    await install_menu(line, account, *load_menu())
    await desk.say("こんにちは")
    return desk


def datas(desk: LineDesk) -> Iterator[tuple[str, str]]:
    """What each area of the installed menu sends, with its label."""
    menus = desk.account.rich_menus
    assert menus.default is not None
    for area in menus.menus[menus.default]["areas"]:
        yield area["action"]["label"], area["action"]["data"]


@pytest.mark.parametrize("area", AREAS, ids=lambda area: area.id)
async def test_every_area_is_answered_once(desk: LineDesk, area: Area):
    label = area.label
    data = dict(datas(desk))[label]

    press = desk.user.postback(data)
    await desk.account.webhook.deliver([press], times=2)
    await desk.settle()

    assert len(desk.account.replies) == 2
    if area.payload == "page":
        assert desk.user.actions[-1]["uri"].startswith("https://desk.example/line/open/")
    else:
        assert desk.user.texts[-1] == f"echo: {area.says}"
        assert desk.engine.asked[-1]["payload"] == area.payload


async def test_a_press_does_not_wait_and_parts_what_is_typed(desk: LineDesk):
    (_, start), *_ = datas(desk)
    first = desk.user.text("人が")
    desk.clock.advance(0.1)
    press = desk.user.postback(start)
    await desk.account.webhook.deliver([first, press])
    await desk.settle()

    said = [m.text for m in await desk.messages() if m.author == "user"]
    assert said[-2:] == ["人が", AREAS[0].says]
    assert desk.user.texts[-1] == f"echo: {AREAS[0].says}"


async def test_of_an_older_menu_says_nothing(desk: LineDesk):
    await desk.account.webhook.deliver([desk.user.postback("m:gone")])
    await desk.settle()

    assert len(desk.account.replies) == 1
