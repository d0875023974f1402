"""Makes the accessibility report: runs the tests that show criteria and tells what they showed.

.venv/bin/python -m tests.browser.view.accessibility
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from advisor.loading import load_yaml
from desk.config import JST, ROOT

FOLDER = ROOT / "docs" / "accessibility"
CRITERIA = FOLDER / "criteria.yml"
REPORT = FOLDER / "report.ja.md"
TESTS = Path(__file__).parent


def run_tests() -> list[dict[str, Any]]:
    """Run them; how each ended that shows criteria."""
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results.json"
        environment = {**os.environ, "JINJIBU_ACCESSIBILITY_RESULTS": str(results)}
        command = [sys.executable, "-m", "pytest", "-q", "--show-capture=no", str(TESTS)]
        subprocess.run(command, cwd=ROOT, env=environment, check=False)
        found: list[dict[str, Any]] = json.loads(results.read_text(encoding="utf-8"))
        return found


def judged(
    criteria: Sequence[Mapping[str, Any]], results: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The criteria with what the tests showed: `passed`, `failed` or None where there is none.

    Raises:
        ValueError: A criterion that tests should show is shown by none, or one that they
            should not show is.
    """
    rows = []
    for criterion in criteria:
        tests = [r for r in results if criterion["number"] in r["criteria"]]
        by_machine = criterion["shown_by"] in {"machine", "both"}
        if by_machine != bool(tests):
            raise ValueError(f"{criterion['number']}: {len(tests)} tests, {criterion['shown_by']}")
        failed = [r["test"] for r in tests if r["outcome"] != "passed"]
        outcome = ("failed" if failed else "passed") if tests else None
        rows.append({"person": "", **criterion, "outcome": outcome, "count": len(tests)})
    return rows


def render(results: Sequence[Mapping[str, Any]], *, now: datetime) -> str:
    """The report as Markdown."""
    criteria = load_yaml(CRITERIA)
    template = Environment(
        loader=FileSystemLoader(FOLDER),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 (Markdown of our own words)
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    ).get_template("report.md.j2")
    return template.render(
        made_on=now.astimezone(JST),
        jis=judged(criteria["jis"], results),
        wcag22=judged(criteria["wcag22"], results),
        test_count=len(results),
        failed=[r["test"] for r in results if r["outcome"] != "passed"],
    )


if __name__ == "__main__":
    REPORT.write_text(render(run_tests(), now=datetime.now(UTC)), encoding="utf-8")
    print(f"Wrote {REPORT.relative_to(ROOT)}")
