"""Clauses that say there is no problem: 「採用は足りてるけど育成が」."""

from __future__ import annotations

import re

_SATISFIED = re.compile(
    r"(?:足り|たり)(?:て(?:い)?|と)(?:る|ます|おり|ん)|間に合って|困って(?:は)?(?:い)?(?:な[いくし]|ませ|ね)|"
    r"問題(?:は|も|が)?(?:な[いくし]|無|あり?ませ|ね[えぇー])|不満(?:は|も)?(?:な[いくし]|あり?ませ)|順調|大丈夫|"
    r"十分(?:に)?(?:い[るま]|応じ|足り|集ま|来|おり)|うまくいって(?:い)?[るま]|満足して(?:い)?[るま]|心配(?:は|も)?(?:な[いくし]|して(?:い)?な|あり?ませ)"
)
# 「足りてるのか」「足りているとは言えない」「大丈夫でしょうか」「うまくいっていない」are no comfort.
_DOUBTED = re.compile(
    r"の?か(?:どうか|な|ね|$|\?|、|。|も|が)|とは|でしょう|だろう|じゃな|わけ(?:では|じゃ)|ように|ふり|つもり|"
    r"わから|分から|と(?:思って(?:い)?た|言わ|聞)|のに|はず|なら|れば|たら|ないと"
)


def is_satisfied(clause: str) -> bool:
    """Whether a clause of a normalised text says that something is all right as it is."""
    found = _SATISFIED.search(clause)
    return found is not None and _DOUBTED.search(clause, found.end()) is None
