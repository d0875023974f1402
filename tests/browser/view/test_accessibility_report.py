"""The accessibility report tells no more than the tests showed."""

from datetime import UTC, datetime
from typing import Any

import pytest

from advisor.loading import load_yaml
from tests.browser.view.accessibility import CRITERIA, judged, render

NOW = datetime(2026, 11, 28, tzinfo=UTC)


def results(outcome: str = "passed") -> list[dict[str, Any]]:
    """One result for each criterion that tests show."""
    criteria = load_yaml(CRITERIA)
    return [
        {"test": f"test_{row['number']}", "criteria": [row["number"]], "outcome": outcome}
        for row in (*criteria["jis"], *criteria["wcag22"])
        if row["shown_by"] in {"machine", "both"}
    ]


def test_all_criteria_of_the_standard_are_listed() -> None:
    listed = load_yaml(CRITERIA)["jis"]

    assert len({row["number"] for row in listed}) == 38
    assert [row["level"] for row in listed].count("A") == 25
    assert [row["level"] for row in listed].count("AA") == 13


def test_what_only_people_can_test_is_never_called_fulfilled() -> None:
    rows = render(results(), now=NOW).splitlines()

    for number in ("1.3.2", "2.4.6", "3.3.4"):
        row = next(line for line in rows if line.startswith(f"| {number} "))
        assert "人による確認が必要" in row
        assert "問題" not in row
    assert any("「準拠」と表示することはできません" in line for line in rows)


def test_failed_test_shows_at_its_criterion() -> None:
    failing = [{**r, "outcome": "failed"} if "1.4.3" in r["criteria"] else r for r in results()]

    text = render(failing, now=NOW)

    row = next(line for line in text.splitlines() if line.startswith("| 1.4.3 "))
    assert "不適合" in row
    assert "（**1件が失敗**）" in text
    assert "`test_1.4.3`" in text


def test_criterion_without_its_test_is_refused() -> None:
    criterion = {"number": "1.4.3", "shown_by": "machine"}

    with pytest.raises(ValueError, match=r"1\.4\.3: 0 tests"):
        judged([criterion], [])
