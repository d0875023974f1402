"""Typed reading of loaded YAML that collects every problem instead of stopping at the first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Any, TypeVar

from advisor.errors import Problem, did_you_mean

EnumT = TypeVar("EnumT", bound=StrEnum)


class Problems:
    """Collector of problems, shared by all readers of one knowledge folder."""

    def __init__(self) -> None:
        """Start with none."""
        self.found: list[Problem] = []

    def add(self, path: str, key: str, message: str) -> None:
        """Remember one problem."""
        self.found.append(Problem(path=path, key=key or "file", message=message))


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A value of a YAML file together with the place where it stands.

    Reading methods return the value, or an empty stand-in after reporting a problem: the
    caller goes on, and the loader refuses the whole folder at the end.
    """

    value: Any
    path: str
    key: str
    problems: Problems

    def child(self, value: Any, step: str) -> "Node":
        """Give the node of a value below this one."""
        key = f"{self.key}{step}" if step.startswith("[") or not self.key else f"{self.key}.{step}"
        return Node(value=value, path=self.path, key=key, problems=self.problems)

    def report(self, message: str) -> None:
        """Report a problem at this place."""
        self.problems.add(self.path, self.key, message)

    def _wrong(self, wanted: str) -> None:
        shown = "nothing" if self.value is None else repr(self.value)
        self.report(f"must be {wanted}, found {shown[:60]}")

    @property
    def is_null(self) -> bool:
        """Tell whether ``null`` stands here."""
        return self.value is None

    def fields(self, *, required: Sequence[str], optional: Sequence[str] = ()) -> dict[str, "Node"]:
        """Read a mapping with known keys.

        Returns:
            One node for each key of ``required`` and ``optional``; null where it is absent.
        """
        known = (*required, *optional)
        found = self.value
        if not isinstance(found, dict):
            self._wrong(f"a mapping with the keys {', '.join(required)}")
            found = dict.fromkeys(required)
        for key in found:
            if key not in known:
                hint = did_you_mean(str(key), known)
                self.child(None, str(key)).report(f"unknown key '{key}'.{hint}")
        for key in required:
            if key not in found:
                self.child(None, key).report("missing; the format requires this key")
        return {key: self.child(found.get(key), key) for key in known}

    def has(self, key: str) -> bool:
        """Tell whether a mapping stands here that holds ``key``."""
        return isinstance(self.value, dict) and key in self.value

    def entries(self) -> list[tuple[str, "Node"]]:
        """Read a mapping with free keys, in the order of the file."""
        if not isinstance(self.value, dict):
            self._wrong("a mapping")
            return []
        return [(str(key), self.child(value, str(key))) for key, value in self.value.items()]

    def items(self) -> list["Node"]:
        """Read a list."""
        if not isinstance(self.value, list):
            self._wrong("a list")
            return []
        return [self.child(value, f"[{index}]") for index, value in enumerate(self.value)]

    def text(self) -> str:
        """Read a text that is not empty."""
        if not isinstance(self.value, str) or not self.value.strip():
            self._wrong("a text")
            return ""
        return self.value.strip()

    def optional_text(self) -> str | None:
        """Read a text or null."""
        return None if self.is_null else self.text()

    def texts(self) -> tuple[str, ...]:
        """Read a list of texts."""
        return tuple(item.text() for item in self.items())

    def boolean(self) -> bool:
        """Read true or false."""
        if not isinstance(self.value, bool):
            self._wrong("true or false")
            return False
        return self.value

    def integer(self, *, low: int, high: int) -> int:
        """Read a whole number between ``low`` and ``high``."""
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            self._wrong("a whole number")
            return low
        if not low <= self.value <= high:
            self.report(f"must be between {low} and {high}, found {self.value}")
        return self.value

    def hundredths(self) -> int:
        """Read a weight from 0 to 1 with at most two decimals, as hundredths."""
        if isinstance(self.value, bool) or not isinstance(self.value, (int, float)):
            self._wrong("a weight from 0 to 1")
            return 0
        scaled = Fraction(str(self.value)) * 100
        if not 0 <= scaled <= 100 or scaled.denominator != 1:
            self.report(f"must be from 0 to 1 with at most two decimals, found {self.value}")
            return 0
        return int(scaled)

    def day(self) -> date:
        """Read a quoted date ``"2023-06-01"``."""
        if isinstance(self.value, str):
            try:
                return date.fromisoformat(self.value) if len(self.value) == 10 else self._no_day()
            except ValueError:
                return self._no_day()
        return self._no_day()

    def _no_day(self) -> date:
        self._wrong('a quoted date like "2023-06-01"')
        return date.min

    def optional_day(self) -> date | None:
        """Read a quoted date or null."""
        return None if self.is_null else self.day()

    def one_of(self, kind: type[EnumT]) -> EnumT:
        """Read one of the values of an enum."""
        values = [member.value for member in kind]
        if self.value in values:
            return kind(self.value)
        hint = did_you_mean(str(self.value), values)
        self.report(f"must be one of {', '.join(values)}; found '{self.value}'.{hint}")
        return next(iter(kind))

    def reference(self, known: Iterable[str], what: str) -> str:
        """Read an id that must be in ``known``."""
        name = self.text()
        names = set(known)
        if name and name not in names:
            self.report(f"unknown {what} '{name}'.{did_you_mean(name, names)}")
        return name
