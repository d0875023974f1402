"""Routing: which desk serves a place. Total: every name gets one of five answers."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from advisor.knowledge import KnowledgeBase
from advisor.labels import BUREAU
from advisor.places import Municipality


class RouteKind(StrEnum):
    """Kind of the desk that serves a place."""

    HUB = "hub"
    BUREAU = "bureau"
    OUTSIDE = "outside"
    AMBIGUOUS = "ambiguous"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Desk of a place, or what to ask back."""

    kind: RouteKind
    hub_id: str | None = None
    """Hub or ``bureau``; None when no desk is found yet."""
    candidates: tuple[str, ...] = ()
    """Names with their prefecture, when the place must be asked back."""
    municipality: Municipality | None = None


def route(kb: KnowledgeBase, *, municipality: str | None, prefecture: str | None) -> Route:
    """Find the desk of a company.

    Args:
        kb: The knowledge base.
        municipality: Name as stored or as written by the owner; None when not known.
        prefecture: Name of the prefecture; None when not known.
    """
    if municipality is None:
        return _route_by_prefecture(kb, prefecture)
    found = kb.places.resolve(municipality, prefecture)
    elsewhere: tuple[str, ...] = ()
    head, _ = kb.places.split_prefecture(municipality)
    if prefecture is None and head is None:
        elsewhere = tuple(p + found[0].name for p in _namesakes(kb, found))
    if len(found) == 1 and not elsewhere:
        return _route_to(found[0])
    if found:
        return _ambiguous((*(m.full_name for m in found), *elsewhere))
    return _route_unresolved(kb, municipality, prefecture)


def _namesakes(kb: KnowledgeBase, found: tuple[Municipality, ...]) -> tuple[str, ...]:
    """List prefectures outside the eleven with a municipality of the same full name."""
    names = {m.name for m in found}
    return kb.places.outside_of(names.pop()) if len(names) == 1 else ()


def _route_to(municipality: Municipality) -> Route:
    kind = RouteKind.BUREAU if municipality.hub == BUREAU else RouteKind.HUB
    return Route(kind=kind, hub_id=municipality.hub, municipality=municipality)


def _ambiguous(candidates: Iterable[str]) -> Route:
    return Route(kind=RouteKind.AMBIGUOUS, candidates=tuple(dict.fromkeys(candidates)))


def _route_unresolved(kb: KnowledgeBase, municipality: str, prefecture: str | None) -> Route:
    places = kb.places
    if prefecture is not None and not places.is_inside_prefecture(prefecture):
        by_prefecture = _route_by_prefecture(kb, prefecture)
        if by_prefecture.kind is RouteKind.OUTSIDE:
            return by_prefecture
    alone = places.resolve(municipality)
    if alone:
        return _ambiguous(m.full_name for m in alone)
    if places.is_outside(municipality):
        return Route(kind=RouteKind.OUTSIDE)
    head, _ = places.split_prefecture(municipality)
    return _route_by_prefecture(kb, places.prefecture_of(municipality) or head or prefecture)


def _route_by_prefecture(kb: KnowledgeBase, prefecture: str | None) -> Route:
    """Route by prefecture alone: the bureau serves all eleven."""
    if prefecture is None:
        return Route(kind=RouteKind.UNKNOWN)
    name = kb.places.prefecture_of(prefecture)
    if name is None:
        return Route(kind=RouteKind.UNKNOWN)
    if name in kb.places.outside_prefectures:
        return Route(kind=RouteKind.OUTSIDE)
    return Route(kind=RouteKind.BUREAU, hub_id=BUREAU)
