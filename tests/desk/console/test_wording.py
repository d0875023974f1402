"""What holds for every template, label and source file of the console."""

import ast
import re
from pathlib import Path

import pytest

import desk
from advisor.knowledge import load_knowledge
from advisor.model import QuestionKind
from desk.auth.errors import AccountFlaw, PasswordFlaw
from desk.auth.models import Factor, Method, Role
from desk.cases.doubles import InCommon
from desk.cases.models import (
    CaseKind,
    CaseResult,
    CaseStatus,
    EventKind,
    Priority,
    PriorityReason,
    Step,
)
from desk.cases.transfers import ConsentWay
from desk.chat.models import Author
from desk.console.labels import labels
from desk.console.queue import Filter
from desk.console.wanted import BUILT_IN, Sort
from desk.notify.errors import TargetFlaw
from desk.notify.models import DeliveryState, NoticeKind, TargetKind, TargetLevel
from desk.reconcile.models import FindingKind
from desk.review.models import Reason, SetName, TaskState
from desk.vault.models import Part

HERE = Path(desk.__file__).parent
TEMPLATES = sorted((HERE / "console" / "templates").glob("*.html"))
SOURCES = [*sorted(HERE.glob("auth/*.py")), *sorted(HERE.glob("console/*.py"))]
SOURCES.append(HERE / "cli_users.py")
JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uff01-\uff60]")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
class TestTemplate:
    def test_it_has_no_inline_style_script_or_handler(self, path: Path) -> None:
        module = r'<script type="module" src="/static/console/\w+\.js"></script>'
        text = re.sub(module, "", path.read_text())

        assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=|javascript:", text)

    def test_it_loads_nothing_from_elsewhere(self, path: Path) -> None:
        assert not re.search(r"(src|href|action)=\"(https?:)?//", path.read_text())

    def test_every_form_that_changes_something_carries_the_token(self, path: Path) -> None:
        forms = re.findall(r'<form[^>]*method="post".*?</form>', path.read_text(), re.DOTALL)

        for form in forms:
            is_login = re.search(r'action="/console/login(/code)?"', form) is not None
            assert is_login or "csrf_token" in form or "parts.token(signed)" in form

    def test_nothing_switches_the_escaping_off(self, path: Path) -> None:
        assert not re.search(r"\|\s*safe|autoescape", path.read_text())


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_japanese_stands_in_code(path: Path) -> None:
    tree = ast.parse(path.read_text())

    found = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and JAPANESE.search(node.value)
    ]

    assert found == []


@pytest.mark.parametrize(
    ("group", "keys"),
    [
        ("status", CaseStatus),
        ("status_hint", set(CaseStatus) - {CaseStatus.RECEIVED}),
        ("kind", CaseKind),
        ("results", CaseResult),
        ("priorities", {priority.name.lower() for priority in Priority}),
        ("priority_reasons", PriorityReason),
        ("steps", Step),
        ("in_common", InCommon),
        ("ways", {*ConsentWay, "conversation"}),
        ("events", EventKind),
        ("roles", Role),
        ("role_hint", Role),
        ("filters", Filter),
        ("sorts", Sort),
        ("views", BUILT_IN),
        ("found_in", {Part.TALK, Part.NOTE, "number", "headline", "company"}),
        ("authors", Author),
        ("password_flaws", PasswordFlaw),
        ("account_flaws", {*AccountFlaw, "login_taken", "identity_taken"}),
        ("factors", Factor),
        ("methods", Method),
        ("notices", NoticeKind),
        ("target_kinds", TargetKind),
        ("target_hint", TargetKind),
        ("target_levels", TargetLevel),
        ("target_level_hint", TargetLevel),
        ("steps_without", {Step.LEAD, Step.BUREAU, "nobody"}),
        ("target_flaws", TargetFlaw),
        ("delivery_states", {*DeliveryState, "printed"}),
        ("findings", FindingKind),
        ("review_reasons", Reason),
        ("review_sets", SetName),
        ("task_states", TaskState),
    ],
)
def test_every_value_has_a_word(group: str, keys: set[str]) -> None:
    assert set(labels()[group]) == {str(key) for key in keys}


def test_every_fact_that_may_be_asked_has_a_word() -> None:
    questions = load_knowledge(HERE.parent / "knowledge").questions.values()
    asked = {q.key for q in questions if q.kind is QuestionKind.FACT}

    assert asked == set(labels()["facts"])


def test_every_refusal_has_a_page() -> None:
    named = re.findall(
        r'^    code = "(\w+)"',
        "\n".join(
            (HERE / part).read_text()
            for part in (
                "auth/errors.py",
                "cases/errors.py",
                "console/errors.py",
                "notify/errors.py",
                "review/errors.py",
            )
        ),
        re.MULTILINE,
    )
    elsewhere = {"not_signed_in", "login_refused", "password_change_required"}
    elsewhere |= {"password_refused", "account_refused", "login_taken", "identity_taken"}
    elsewhere |= {"code_required", "code_refused", "login_expired", "second_factor_required"}
    elsewhere |= {"oidc_refused", "oidc_unavailable"}
    # Secrets of targets are kept by commands only.
    elsewhere |= {"secret_missing", "secret_refused", "secret_in_use", "secret_not_found"}

    assert set(named) - elsewhere <= set(labels()["errors"])
