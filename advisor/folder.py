"""Reads the files of a knowledge folder, each once, and remembers what they held."""

import hashlib
from pathlib import Path

from advisor.errors import KnowledgeError
from advisor.loading import load_yaml
from advisor.node import Node, Problems


class Folder:
    """Reads the files of one knowledge folder and collects their problems."""

    def __init__(self, root: Path) -> None:
        """Begin to read ``root``."""
        self.root = root
        self.problems = Problems()
        self.read: set[Path] = set()
        self._hash = hashlib.sha256()

    def shown(self, relative: str) -> str:
        """Give a file as problems name it."""
        return f"{self.root.name}/{relative}"

    def node(self, relative: str) -> Node | None:
        """Load one file; None after reporting why it cannot be used."""
        path = self.root / relative
        self.read.add(path)
        if not path.is_file():
            self.problems.add(self.shown(relative), "file", "missing; this file is required")
            return None
        self._hash.update(relative.encode() + b"\0" + path.read_bytes() + b"\0")
        try:
            value = load_yaml(path, shown_path=self.shown(relative))
        except KnowledgeError as exc:
            self.problems.found.extend(exc.problems)
            return None
        return Node(value=value, path=self.shown(relative), key="", problems=self.problems)

    def nodes(self, folder: str) -> list[tuple[str, Node]]:
        """Load every file of a subfolder, by the name of the file."""
        paths = sorted((self.root / folder).glob("*.yml"))
        loaded = ((path.stem, self.node(f"{folder}/{path.name}")) for path in paths)
        return [(stem, node) for stem, node in loaded if node is not None]

    def refuse_strays(self) -> None:
        """Report files that no reader knows."""
        for path in sorted([*self.root.rglob("*.yml"), *self.root.rglob("*.yaml")]):
            if path not in self.read:
                relative = path.relative_to(self.root).as_posix()
                message = "unknown file; see README.md for the files that are read"
                self.problems.add(self.shown(relative), "file", message)

    @property
    def fingerprint(self) -> str:
        """SHA-256 over what was read so far."""
        return self._hash.hexdigest()
