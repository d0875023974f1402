"""Cards as the API shows them (design section 6)."""

import re
import unicodedata
from datetime import date
from typing import Any

from advisor.diagnosis import Diagnosis
from advisor.knowledge import KnowledgeBase
from advisor.model import SourceRef
from advisor.recommendation import Recommendation

_RANK = re.compile(r"(?<![0-9])([1-9])(?![0-9])(?P<rest>.{0,4})")


def diagnosis_card(diagnosis: Diagnosis, kb: KnowledgeBase) -> dict[str, Any]:
    """The profile: level, confidence, coverage and evidence of each dimension."""
    dimensions = {}
    for dimension_id, profile in diagnosis.dimensions.items():
        dimensions[dimension_id] = {
            "name": kb.dimensions[dimension_id].plain_name,
            "level": profile.level,
            "level_text": _level_text(dimension_id, profile.level, kb),
            "confidence": round(profile.confidence, 2),
            "answered": len(profile.answered),
            "coverage": round(profile.coverage, 2),
            "evidence": list(profile.evidence),
        }
    return {
        "kind": "diagnosis",
        "dimensions": dimensions,
        "weakest": list(diagnosis.weakest),
        "concerns": list(diagnosis.concerns),
    }


def _level_text(dimension_id: str, level: int | None, kb: KnowledgeBase) -> str | None:
    """What an owner sees in the company at this level."""
    return None if level is None else kb.dimensions[dimension_id].levels[level]


def facts_of(items: tuple[Recommendation, ...]) -> tuple[str, ...]:
    """Ids of the facts that a card of recommendations tells."""
    facts = []
    for item in items:
        facts += [f"programs/{name}/advice" for name in (item.program_id, *item.replaces)]
        if item.amount_yen is not None:
            facts.append(f"programs/{item.program_id}/amount")
    return tuple(facts)


def recommendations_card(
    items: tuple[Recommendation, ...], kb: KnowledgeBase, on: date
) -> dict[str, Any]:
    """The recommended measures with reasons, sources and what is not known."""
    return {
        "kind": "recommendations",
        "on": on.isoformat(),
        "items": [_item(item, kb) for item in items],
    }


def _item(item: Recommendation, kb: KnowledgeBase) -> dict[str, Any]:
    program = kb.programs[item.program_id]
    return {
        "program_id": item.program_id,
        "title": item.title,
        "plain_title": program.plain_name,
        "summary": program.summary,
        "rank": item.rank,
        "status": item.status.value,
        "replaces": list(item.replaces),
        "successors": list(item.successors),
        "reason": item.reason,
        "unknown": list(item.unknown),
        "unknown_texts": [criterion.text for criterion in item.criteria_unknown],
        "amount_yen": item.amount_yen,
        "amount_working": item.amount_working,
        "status_note": item.status_note,
        "steps": [step.text for step in program.steps],
        "cautions": [caution.text for caution in program.cautions],
        "first_step": item.first_step,
        "contact": item.contact,
        "source": source_json(item.source),
    }


def source_json(source: SourceRef | None) -> dict[str, Any] | None:
    """The source as cards show it."""
    if source is None:
        return None
    return {
        "title": source.title,
        "url": source.url,
        "date": source.date.isoformat(),
        "precision": source.precision.value,
        "level": source.level.value,
    }


def rank_in(text: str, kb: KnowledgeBase) -> int | None:
    """The number of a recommendation that the text names, such as 「2番」; no count of anything."""
    match = _RANK.search(unicodedata.normalize("NFKC", text))
    if match is None or any(word in match["rest"] for word in kb.word_list("counters")):
        return None
    return int(match.group(1))
