"""domain.yml, the rules, the labels and the code name the same things."""

import ast
from pathlib import Path

import pytest

from advisor.loading import load_yaml
from desk.cases.models import CaseStatus

ROOT = Path(__file__).resolve().parent.parent
LABELS = ROOT.parent / "shared" / "contract" / "labels.yml"
DOMAIN = load_yaml(ROOT / "domain.yml")
RULES = load_yaml(ROOT / "bot" / "data" / "rules" / "consultation.yml")["rules"]
BUTTON_INTENTS = {"choose"}
BUILT_IN_RESPONSES = {"default"}
"""Said by Rasa's own fallback."""


def intents() -> set[str]:
    return {name for entry in DOMAIN["intents"] for name in entry}


def words_in_code() -> set[str]:
    """Every text in the code that speaks to owners."""
    files = [
        *(ROOT / "advisor" / "consultation").glob("*.py"),
        *(ROOT / "bot").glob("actions/*.py"),
    ]
    trees = [ast.parse(path.read_text()) for path in files]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    return {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def said_responses() -> set[str]:
    """Responses that the code says: keyword `response=` with a plain text."""
    found = set()
    for folder in (ROOT / "advisor" / "consultation", ROOT / "bot" / "actions"):
        for path in folder.glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.keyword) and node.arg == "response":
                    value = node.value
                    if isinstance(value, ast.Constant) and isinstance(value.value, str):
                        found.add(value.value)
    return found


class TestResponses:
    def test_every_response_that_is_said_stands_in_the_domain(self):
        missing = {name for name in said_responses() if f"utter_{name}" not in DOMAIN["responses"]}

        assert missing == set()

    def test_every_response_of_the_domain_is_said(self):
        names = {name.removeprefix("utter_") for name in DOMAIN["responses"]}
        statuses = {f"case_{status}" for status in CaseStatus}

        assert names - BUILT_IN_RESPONSES - statuses - words_in_code() == set()


class TestIntents:
    def test_every_intent_has_exactly_one_rule(self):
        ruled = [step["intent"] for rule in RULES for step in rule["steps"] if "intent" in step]

        assert sorted(ruled) == sorted(intents())

    def test_every_intent_but_those_of_buttons_has_sentences_and_a_held_out_partner(self):
        trained = {path.stem for path in (ROOT / "bot" / "data" / "nlu").glob("*.yml")}
        held_out = {p.stem for p in (ROOT / "tests" / "nlu").glob("*.yml") if p.stem[0] != "_"}

        assert trained == intents() - BUTTON_INTENTS
        assert held_out == trained

    def test_every_action_of_the_rules_is_in_the_domain(self):
        named = {step["action"] for rule in RULES for step in rule["steps"] if "action" in step}

        assert named == set(DOMAIN["actions"])

    @pytest.mark.skipif(not LABELS.exists(), reason="../shared is not here")
    def test_intents_and_entities_are_those_of_the_labels(self):
        labels = load_yaml(LABELS)

        assert intents() - BUTTON_INTENTS == set(labels["intents"])
        assert set(DOMAIN["entities"]) - {"question", "value"} == set(labels["entities"])


class TestHeldOut:
    def test_no_held_out_sentence_is_trained_on(self):
        trained: set[str] = set()
        for path in (ROOT / "bot" / "data" / "nlu").glob("*.yml"):
            for entry in load_yaml(path)["nlu"]:
                examples = entry["examples"]
                if isinstance(examples, str):
                    trained |= {line.removeprefix("- ").strip() for line in examples.splitlines()}
                else:
                    trained |= {example["text"].strip() for example in examples}
        for path in (ROOT / "tests" / "nlu").glob("[a-z]*.yml"):
            same = {item["text"].strip() for item in load_yaml(path)} & trained
            assert same == set(), path.name
