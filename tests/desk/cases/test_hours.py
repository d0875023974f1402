"""Opening hours: lunch, holidays, the turn of the year, Obon, own days."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.cases.business_days import add_business_days
from desk.cases.errors import NeverOpenError
from desk.cases.hours import (
    DEFAULT_HOURS,
    OBON,
    HubHours,
    add_business_hours,
    is_open,
    longest_closure,
    next_opening,
)
from desk.config import JST


def at(day: int, hour: int, minute: int = 0, *, month: int = 11) -> datetime:
    """A moment in Japan in 2026; 20 November is a Friday, the 23rd a holiday."""
    return datetime(2026, month, day, hour, minute, tzinfo=JST)


class TestIsOpen:
    @pytest.mark.parametrize(
        ("hour", "minute", "expected"),
        [
            (8, 59, False),
            (9, 0, True),
            (11, 59, True),
            (12, 0, False),
            (12, 59, False),
            (13, 0, True),
            (16, 59, True),
            (17, 0, False),
        ],
    )
    def test_a_working_day_has_a_lunch_break(self, hour: int, minute: int, expected: bool) -> None:
        assert is_open(DEFAULT_HOURS, at(20, hour, minute)) is expected

    @pytest.mark.parametrize("day", [21, 22, 23])
    def test_weekend_and_holiday_are_closed(self, day: int) -> None:
        assert not is_open(DEFAULT_HOURS, at(day, 10))

    def test_the_moment_may_be_in_any_zone(self) -> None:
        moment = datetime.fromisoformat("2026-11-20T01:00:00+00:00")

        assert is_open(DEFAULT_HOURS, moment)

    def test_obon_is_closed_only_where_the_hub_says_so(self) -> None:
        own = HubHours(closed_periods=(OBON,))

        assert is_open(DEFAULT_HOURS, at(13, 10, month=8))
        assert not is_open(own, at(13, 10, month=8))
        assert is_open(own, at(17, 10, month=8))

    def test_own_closed_days_and_open_holidays(self) -> None:
        own = HubHours(closed_days=frozenset({date(2026, 11, 20)}), is_open_on_holidays=True)

        assert not is_open(own, at(20, 10))
        assert is_open(own, at(23, 10))


class TestNextOpening:
    @pytest.mark.parametrize(
        ("moment", "expected"),
        [
            (at(20, 10), at(20, 10)),
            (at(20, 8), at(20, 9)),
            (at(20, 12, 30), at(20, 13)),
            (at(20, 17), at(24, 9)),
            (at(28, 17, month=12), datetime(2027, 1, 4, 9, tzinfo=JST)),
        ],
    )
    def test_it_is_now_or_the_next_time_somebody_comes(
        self, moment: datetime, expected: datetime
    ) -> None:
        assert next_opening(DEFAULT_HOURS, moment) == expected

    def test_an_office_that_never_opens_is_an_error(self) -> None:
        with pytest.raises(NeverOpenError):
            next_opening(HubHours(weekdays=frozenset()), at(20, 10))
        with pytest.raises(NeverOpenError):
            add_business_days(date(2026, 11, 20), 1, HubHours(weekdays=frozenset()))


class TestAddBusinessHours:
    @pytest.mark.parametrize(
        ("moment", "hours", "expected"),
        [
            (at(20, 10), 0, at(20, 10)),
            (at(20, 10), 2, at(20, 12)),
            (at(20, 10), 2.5, at(20, 13, 30)),
            (at(20, 16), 2, at(24, 10)),
            (at(21, 3), 7, at(24, 17)),
        ],
    )
    def test_only_open_time_counts(
        self, moment: datetime, hours: float, expected: datetime
    ) -> None:
        assert add_business_hours(DEFAULT_HOURS, moment, timedelta(hours=hours)) == expected

    @given(
        minutes=st.integers(0, 60 * 24 * 20),
        first=st.integers(0, 2000),
        second=st.integers(0, 2000),
    )
    def test_two_steps_lead_where_one_leads(self, minutes: int, first: int, second: int) -> None:
        start = at(1, 0) + timedelta(minutes=minutes)
        one, two = timedelta(minutes=first), timedelta(minutes=second)

        stepwise = add_business_hours(
            DEFAULT_HOURS, add_business_hours(DEFAULT_HOURS, start, one), two
        )

        if two:
            assert stepwise == add_business_hours(DEFAULT_HOURS, start, one + two)


class TestHubHours:
    def test_length_of_a_day_leaves_lunch_out(self) -> None:
        assert DEFAULT_HOURS.day_length == timedelta(hours=7)
        assert HubHours(lunch=None).day_length == timedelta(hours=8)
        assert HubHours(opens=time(10), closes=time(12), lunch=None).day_length == timedelta(
            hours=2
        )

    def test_the_longest_closure_is_found(self) -> None:
        # From Tuesday, 29 December to Sunday, 3 January.
        assert longest_closure(DEFAULT_HOURS, date(2026, 12, 1), days=60) == 6

    def test_promises_keep_to_the_hubs_own_days(self) -> None:
        own = HubHours(weekdays=frozenset({1, 3}))

        assert add_business_days(date(2026, 11, 20), 2, own) == date(2026, 11, 26)
