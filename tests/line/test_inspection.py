"""What LINE says of an account, what is wrong with it, and when its pushes run out."""

from datetime import UTC, date, datetime, timedelta

import pytest

from desk.config import JST
from desk.line.accounts import LineAccount
from desk.line.client import LineClient
from desk.line.findings import Finding, find_problems
from desk.line.forecast import forecast
from desk.line.inspection import Access, Inspection, Quota, Watch, inspect
from tests.line.conftest import LineDesk
from tests.line.fake.faults import Fault

WEBHOOK = "https://desk.example/line/webhook/bureau"
MOMENT = datetime(2026, 11, 16, tzinfo=JST)
"""Half of the month has passed."""


def quota(used: int, limit: int | None, moment: datetime = MOMENT) -> Quota:
    return Quota(used=used, limit=limit, read_at=moment)


class TestForecast:
    @pytest.mark.parametrize(
        ("used", "limit", "expected", "ends"),
        [
            (0, 200, 0, None),
            (100, 200, 200, None),
            (101, 200, 202, date(2026, 11, 30)),
            (150, 200, 300, date(2026, 11, 21)),
            (200, 200, 400, date(2026, 11, 16)),
            (7000, None, 14000, None),
        ],
    )
    def test_goes_on_in_a_straight_line(
        self, used: int, limit: int | None, expected: int, ends: date | None
    ):
        found = forecast(quota(used, limit), MOMENT)

        assert (found.expected, found.runs_out_on) == (expected, ends)

    def test_the_first_hours_are_counted_as_a_day(self):
        moment = datetime(2026, 11, 1, 0, 30, tzinfo=JST)

        found = forecast(quota(10, 200, moment), moment)

        assert (found.expected, found.runs_out_on) == (300, date(2026, 11, 21))

    def test_the_month_is_that_of_japan(self):
        moment = datetime(2026, 11, 30, 15, 30, tzinfo=UTC)

        assert forecast(quota(1, 200, moment), moment).expected == 31


@pytest.fixture
def account(desk: LineDesk) -> LineAccount:
    found: LineAccount = next(iter(desk.app.state.line.service.accounts))
    return found


@pytest.fixture
async def line(desk: LineDesk) -> LineClient:
    client: LineClient = desk.app.state.line.client
    return client


class TestInspect:
    async def test_reads_everything(self, desk: LineDesk, line: LineClient, account: LineAccount):
        desk.account.quota, desk.account.used, desk.account.chat_mode = 200, 3, "chat"

        seen = await inspect(line, account, MOMENT, patience_seconds=5)

        assert seen.access is Access.GOOD
        assert (seen.bot_user_id, seen.display_name) == (account.bot_user_id, account.name)
        assert seen.is_chat_on is True
        assert seen.webhook == desk.account.webhook.url
        assert seen.is_webhook_active
        assert seen.quota is not None
        assert (seen.quota.limit, seen.quota.used, seen.quota.left) == (200, 3, 197)

    async def test_plan_without_a_limit_has_none(
        self, desk: LineDesk, line: LineClient, account: LineAccount
    ):
        desk.account.quota = None

        seen = await inspect(line, account, MOMENT, patience_seconds=5)

        assert seen.quota is not None
        assert seen.quota.left is None

    @pytest.mark.parametrize("fault", [Fault.STUCK, Fault.RESET_BEFORE, Fault.ERROR_BEFORE])
    async def test_line_that_is_away_costs_no_more_than_the_patience(
        self, desk: LineDesk, line: LineClient, account: LineAccount, fault: Fault
    ):
        desk.account.fail(fault, times=None, seconds=1.0)

        seen = await inspect(line, account, MOMENT, patience_seconds=0.3)

        assert seen == Inspection(read_at=MOMENT, access=Access.AWAY)

    async def test_what_is_not_said_is_not_known(
        self, desk: LineDesk, line: LineClient, account: LineAccount
    ):
        desk.account.fail(Fault.ERROR_BEFORE, on="consumption")
        desk.account.fail(Fault.ERROR_BEFORE, on="endpoint")

        seen = await inspect(line, account, MOMENT, patience_seconds=5)

        assert (seen.access, seen.quota, seen.webhook) == (Access.GOOD, None, None)
        assert find_problems(account, seen, WEBHOOK) == []


class TestWatch:
    async def test_asks_again_after_five_minutes(
        self, desk: LineDesk, line: LineClient, account: LineAccount
    ):
        watch = Watch(line, clock=desk.clock)
        await watch.look(account)
        desk.account.used = 9
        desk.clock.advance(299)
        before = await watch.look(account)
        desk.clock.advance(2)
        after = await watch.look(account)

        assert before.quota is not None
        assert after.quota is not None
        assert (before.quota.used, after.quota.used) == (0, 9)
        assert len(desk.account.calls_to("info")) == 2

    async def test_asks_sooner_after_a_failure(
        self, desk: LineDesk, line: LineClient, account: LineAccount
    ):
        watch = Watch(line, clock=desk.clock)
        desk.account.fail(Fault.ERROR_BEFORE, on="info")
        first = await watch.look(account)
        desk.clock.advance(31)

        assert first.access is Access.AWAY
        assert (await watch.look(account)).access is Access.GOOD


GOOD = Inspection(
    read_at=MOMENT,
    access=Access.GOOD,
    webhook=WEBHOOK,
    is_webhook_active=True,
    quota=quota(1, 200),
)


def account_with(**values: object) -> LineAccount:
    given = {"id": "bureau", "channel_secrets": ["0" * 32], "access_token": "t", **values}
    return LineAccount.model_validate(given)


class TestProblems:
    def test_nothing_is_wrong(self):
        assert find_problems(account_with(), GOOD, WEBHOOK) == []

    @pytest.mark.parametrize(
        ("values", "found"),
        [
            ({"webhook": ""}, Finding.NO_WEBHOOK),
            ({"webhook": "https://desk.example/line/webhook/other"}, Finding.OTHER_WEBHOOK),
            ({"is_webhook_active": False}, Finding.WEBHOOK_OFF),
            ({"is_chat_on": True}, Finding.CHAT_ON),
            ({"quota": quota(200, 200)}, Finding.QUOTA_USED_UP),
            ({"quota": quota(150, 200)}, Finding.QUOTA_RUNS_OUT),
            ({"access": Access.REFUSED}, Finding.TOKEN_REFUSED),
            ({"access": Access.AWAY}, Finding.AWAY),
        ],
    )
    def test_each_is_found(self, values: dict[str, object], found: Finding):
        known = {name: getattr(GOOD, name) for name in Inspection.__slots__}
        seen = Inspection(**{**known, **values})

        assert find_problems(account_with(), seen, WEBHOOK) == [found]

    def test_of_the_table(self):
        bot = {"bot_user_id": f"U{'0' * 32}"}

        assert find_problems(account_with(**bot), GOOD, WEBHOOK) == [Finding.OTHER_BOT]
        assert find_problems(account_with(), GOOD, "http://desk") == [Finding.NOT_HTTPS]
        closed = account_with(channel_secrets=[])
        assert find_problems(closed, GOOD, WEBHOOK) == [Finding.CLOSED]


def test_a_month_ends_with_the_month():
    moment = datetime(2026, 2, 28, 23, tzinfo=JST)

    found = forecast(quota(199, 200, moment), moment)

    assert (found.expected, found.runs_out_on) == (200, None)
    assert forecast(quota(200, 200, moment), moment + timedelta(minutes=1)).runs_out_on == date(
        2026, 2, 28
    )
