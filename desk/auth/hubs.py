"""The hubs that accounts can belong to, from `knowledge/hubs`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from advisor.loading import load_yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class HubName:
    """How one hub is called."""

    id: str
    name: str
    short_name: str
    municipality: str | None
    prefecture: str | None


def read_hubs(knowledge: Path) -> Mapping[str, HubName]:
    """The names of all hubs by id.

    Args:
        knowledge: The knowledge folder.

    Raises:
        KnowledgeError: A hub's file cannot be read.
    """
    hubs = {}
    for path in sorted((knowledge / "hubs").glob("*.yml")):
        data = load_yaml(path)
        hubs[path.stem] = HubName(
            id=path.stem,
            name=data["name"],
            short_name=data["short_name"],
            municipality=data.get("municipality"),
            prefecture=data.get("prefecture"),
        )
    return hubs
