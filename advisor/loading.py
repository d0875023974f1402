"""The one YAML loader: strict where YAML would silently change what was written."""

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any, Final

import yaml

from advisor.errors import KnowledgeError, Problem

_STRING_TAG: Final = "tag:yaml.org,2002:str"
_PLAIN_VALUES: Final = {
    "tag:yaml.org,2002:bool": (re.compile(r"true|false"), "a yes/no word"),
    "tag:yaml.org,2002:int": (re.compile(r"0|-?[1-9][0-9]*"), "a number in another notation"),
    "tag:yaml.org,2002:float": (re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+"), "a number"),
    "tag:yaml.org,2002:null": (re.compile(r"null"), "nothing"),
    "tag:yaml.org,2002:timestamp": (re.compile(r"(?!)"), "a date"),
    "tag:yaml.org,2002:merge": (re.compile(r"(?!)"), "a merge key"),
    "tag:yaml.org,2002:value": (re.compile(r"(?!)"), "a default key"),
}
_BASE: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _StrictLoader(_BASE):  # type: ignore[misc]
    """Safe loader that collects duplicate keys and silent conversions."""

    def __init__(self, text: str, shown_path: str) -> None:
        """Prepare to read ``text``; ``shown_path`` names the file in problems."""
        super().__init__(text)
        self.shown_path = shown_path
        self.problems: list[Problem] = []

    def report(self, node: yaml.Node, message: str) -> None:
        """Remember a problem at the line of ``node``."""
        line = f"line {node.start_mark.line + 1}"
        self.problems.append(Problem(path=self.shown_path, key=line, message=message))

    def construct_scalar(self, node: yaml.ScalarNode) -> Any:
        """Refuse plain scalars that YAML would turn into something else."""
        rule = _PLAIN_VALUES.get(node.tag)
        if rule is not None and not rule[0].fullmatch(node.value):
            shown = node.value or "(empty)"
            right = f"write '{node.value}' in quotes"
            if node.tag.endswith(":bool"):
                right += ", or true or false if that is meant"
            elif node.value == "":
                right = "write null"
            self.report(node, f"YAML reads {shown} as {rule[1]}; {right}")
        return super().construct_scalar(node)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 - signature of PyYAML
        """Refuse a key that stands twice, a merge key, and a key that is not text."""
        seen: dict[str, int] = {}
        for key, _ in node.value:
            if key.tag != _STRING_TAG:
                self.report(key, f"key {key.value} is not text; write '{key.value}' in quotes")
                key.tag = _STRING_TAG
            if key.value in seen:
                self.report(key, f"duplicate key '{key.value}', first at line {seen[key.value]}")
            seen.setdefault(key.value, key.start_mark.line + 1)
        mapping: dict[Hashable, Any] = yaml.constructor.BaseConstructor.construct_mapping(
            self, node, deep=deep
        )
        return mapping


def _construct_checked(loader: _StrictLoader, node: yaml.ScalarNode) -> Any:
    """Construct a scalar unless the strict rules already refused it."""
    before = len(loader.problems)
    value = loader.construct_scalar(node)
    if len(loader.problems) > before:
        return value
    kind = node.tag.rpartition(":")[2]
    return getattr(yaml.constructor.SafeConstructor, f"construct_yaml_{kind}")(loader, node)


for _tag in _PLAIN_VALUES:
    _StrictLoader.add_constructor(_tag, _construct_checked)


def parse_yaml(text: str, *, shown_path: str) -> Any:
    """Parse one YAML document strictly.

    Raises:
        KnowledgeError: Syntax errors, duplicate keys, or values that YAML would convert.
    """
    loader = _StrictLoader(text, shown_path)
    try:
        data = loader.get_single_data()
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        line = f"line {mark.line + 1}" if mark is not None else "line 1"
        reason = getattr(exc, "problem", None) or str(exc).splitlines()[0]
        message = f"not valid YAML: {reason}"
        raise KnowledgeError([Problem(path=shown_path, key=line, message=message)]) from exc
    finally:
        loader.dispose()
    if loader.problems:
        raise KnowledgeError(loader.problems)
    return data


def load_yaml(path: Path, *, shown_path: str | None = None) -> Any:
    """Read one YAML file strictly.

    Args:
        path: File to read, UTF-8.
        shown_path: How problems name the file; the path itself if not given.

    Raises:
        KnowledgeError: The file cannot be read or holds what ``parse_yaml`` refuses.
    """
    shown = shown_path or str(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        problem = Problem(path=shown, key="file", message=f"cannot be read as UTF-8 text: {exc}")
        raise KnowledgeError([problem]) from exc
    return parse_yaml(text, shown_path=shown)
