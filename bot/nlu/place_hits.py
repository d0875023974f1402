"""Place names found in a message, each with the meanings that its context leaves.

`find_hits` scans folded text for written forms and for readings in kana, puts together what
belongs together (prefecture and municipality, city and ward, the items of a list) and drops what
its context does not make a place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot.nlu.place_context import (
    Strength,
    allows_left,
    allows_right,
    find_joint,
    is_answer_in_kana,
    is_company_or_person,
    is_full_in_kana,
    is_settled,
    is_short_in_kana,
    strength,
)
from bot.nlu.place_names import Care, Form, FormKind, Lexicon, Target, fold_kana

_AFTER_PREFECTURE = re.compile(r"(?:にある|の|、|・|/|,|\s)?\s*")
_AFTER_KANA_PREFECTURE = re.compile(r"(?:ニアル|ノ|、|・|\s)?\s*")
_MISTYPED_CITY = re.compile(r"氏(?=[でにのは、])")
_BEFORE_WARD = re.compile(r"[\sの]*")
_AND = ("と", "や")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A form found in a message."""

    start: int
    end: int
    form_start: int  # after the prefecture that belongs to it
    form: Form
    targets: tuple[Target, ...] = ()  # empty for a prefecture
    stated: str = ""  # prefecture that the message gives with it, or that it is
    strength: Strength = Strength.STRONG
    care: Care = Care.PLAIN
    # Spans whose surroundings say what the place is to the company; the best one counts.
    spans: tuple[tuple[int, int], ...] = ()

    @property
    def counts(self) -> bool:
        """Whether its context suffices for what it is."""
        return self.strength >= (Strength.STRONG if self.care else Strength.WEAK)

    @property
    def is_prefecture(self) -> bool:
        """Whether it names a prefecture and nothing in it."""
        return not self.targets


def find_hits(lexicon: Lexicon, text: str) -> list[Hit]:
    """Places in folded text, in order, without overlap."""
    written = _chained(text, list(_scan_written(lexicon, text)))
    taken = [(hit.start, hit.end) for hit in written]
    hits = [*written, *_scan_kana(lexicon, fold_kana(text), taken)]
    hits.sort(key=lambda hit: hit.start)
    return _narrowed(_merged(text, hits))


# --- Names as they are written --------------------------------------------------------------


def _scan_written(lexicon: Lexicon, text: str) -> Iterator[Hit]:
    """Written forms, leftmost and longest first; context may still speak against them."""
    position, address_from = 0, -1
    while position < len(text):
        hit = _written_at(lexicon, text, position, is_in_address=position == address_from)
        if hit is None:
            position += 1
            continue
        yield hit
        position = hit.end
        # 松本市大手町, 三島市清水町: what follows without a break is the rest of an address.
        address_from = hit.end if hit.form.kind is FormKind.FULL else -1


def _written_at(lexicon: Lexicon, text: str, start: int, *, is_in_address: bool) -> Hit | None:
    """The longest form that begins at `start` and may stand there."""
    found: Hit | None = None
    for end, form in lexicon.written.at(text, start):
        hit: Hit | None = None
        if form.is_prefecture:
            hit = _prefecture_at(lexicon, text, start, end, form)
        elif found is None:
            hit = _place_at(text, start, end, form, is_in_address=is_in_address)
        if hit is not None and (found is None or hit.end > found.end):
            found = hit
    return found


def _place_at(text: str, start: int, end: int, form: Form, *, is_in_address: bool) -> Hit | None:
    """A municipality or an area without its prefecture."""
    is_full = form.kind is FormKind.FULL
    targets, care = form.targets(None)
    if not targets or not allows_left(text, start, is_full=is_full, length=end - start):
        return None
    is_street = is_full and is_in_address and text[end - 1] != "市"
    if is_street or (is_full and is_company_or_person(text, end)):
        return None
    return Hit(
        start=start,
        end=end,
        form_start=start,
        form=form,
        targets=targets,
        strength=Strength.STRONG if is_full else strength(text, start, end),
        care=care,
    )


def _prefecture_at(lexicon: Lexicon, text: str, start: int, end: int, form: Form) -> Hit | None:
    """A prefecture, together with the municipality or area that may follow it."""
    is_full = form.kind is FormKind.PREFECTURE
    if not allows_left(text, start, is_full=is_full, length=end - start):
        return None
    gap = _AFTER_PREFECTURE.match(text, end)
    for inner in dict.fromkeys([end, gap.end() if gap else end]):
        hit = _place_in(lexicon, text, inner, form.name)
        if hit is not None:
            return replace(hit, start=start)
    if text[end - 1] == "県":
        # 茨城県北 reads 県 twice: 茨城県 and 県北.
        hit = _place_in(lexicon, text, end - 1, form.name)
        if hit is not None and hit.form.kind is FormKind.AREA:
            return replace(hit, start=start)
    return Hit(
        start=start,
        end=end,
        form_start=start,
        form=form,
        stated=form.name,
        strength=Strength.STRONG if is_full else strength(text, start, end),
        care=form.care,
    )


def _place_in(lexicon: Lexicon, text: str, start: int, prefecture: str) -> Hit | None:
    """The municipality or area of `prefecture` that begins at `start`."""
    for end, form in lexicon.written.at(text, start):
        targets, care = form.targets(prefecture)
        if form.is_prefecture or not targets:
            continue
        if form.kind is FormKind.FULL:
            fits = not is_company_or_person(text, end)
        else:
            fits = allows_right(text, end)
        if care is Care.PREFECTURE and text[start - 1] == "の":
            # 静岡の森の中: a word that is a place only if nothing else can be meant.
            fits = fits and is_settled(text, end)
        # 長野県塩尻氏で: the input method's mistake for 市.
        is_mistyped = targets[0].name[-1] == "市" and _MISTYPED_CITY.match(text, end) is not None
        if fits or is_mistyped:
            return Hit(
                start=start,
                end=end if fits else end + 1,
                form_start=start,
                form=form,
                targets=targets,
                stated=prefecture,
            )
    return None


# --- Names in kana ----------------------------------------------------------------------------


def _scan_kana(lexicon: Lexicon, kana: str, taken: Sequence[tuple[int, int]]) -> Iterator[Hit]:
    """Readings in kana-folded text, outside the spans already taken."""
    position = 0
    while position < len(kana):
        over = next((end for start, end in taken if start <= position < end), None)
        hit = None if over else _reading_at(lexicon, kana, position)
        if hit is None and not over:
            hit = _short_reading_at(lexicon, kana, position)
        position = over or (hit.end if hit else position + 1)
        if hit is None or any(hit.start < end and start < hit.end for start, end in taken):
            continue
        yield replace(hit, spans=((hit.start, hit.end),))


def _reading_at(lexicon: Lexicon, kana: str, start: int, stated: str = "") -> Hit | None:
    """The full name (ツバメシ), or the prefecture with or without one, read from `start`."""
    for end, form in lexicon.read.at(kana, start):
        if form.is_prefecture and not stated:
            gap = _AFTER_KANA_PREFECTURE.match(kana, end)
            inner = _reading_at(lexicon, kana, gap.end() if gap else end, stated=form.name)
            if inner is not None:
                return replace(inner, start=start)
        targets, _ = form.targets(stated or None)
        if not stated and not is_full_in_kana(kana, start, end):
            continue
        if targets or (form.is_prefecture and not stated):
            return Hit(
                start=start,
                end=end,
                form_start=start,
                form=form,
                targets=targets,
                stated=stated or form.name,
            )
    return None


def _short_reading_at(lexicon: Lexicon, kana: str, start: int) -> Hit | None:
    """The short name (ツバメ): the whole message, or 「ナガオカデ…」 at its beginning."""
    for end, form in lexicon.read_short.at(kana, start):
        if is_answer_in_kana(kana, start, end) or is_short_in_kana(kana, start, end):
            return Hit(
                start=start,
                end=end,
                form_start=start,
                form=form,
                targets=form.targets(None)[0],
                stated=form.name,
            )
    return None


# --- What belongs together --------------------------------------------------------------------


def _chained(text: str, hits: Sequence[Hit]) -> list[Hit]:
    """Hits that count; the items of a list (三条と燕に工場) are judged by what stands round it."""
    chains: list[list[Hit]] = []
    joints: list[list[str]] = []
    for hit in hits:
        joint = find_joint(text, chains[-1][-1].end, hit.start) if chains else ""
        if joint:
            chains[-1].append(hit)
            joints[-1].append(joint)
        else:
            chains.append([hit])
            joints.append([])
    return [
        hit
        for chain, between in zip(chains, joints, strict=True)
        for hit in _judged(text, chain, has_and=any(joint in _AND for joint in between))
        if hit.counts
    ]


def _judged(text: str, chain: Sequence[Hit], *, has_and: bool) -> list[Hit]:
    """The items of one list, each with the strength and the surroundings that count for it."""
    first, last = chain[0], chain[-1]
    whole = (first.start, last.end)
    together = strength(text, *whole) if len(chain) > 1 else Strength.NONE
    judged = []
    for hit in chain:
        own = (hit.start, hit.end)
        if has_and:
            spans: tuple[tuple[int, int], ...] = (whole,)
        elif hit is last:
            spans = (own,)
        else:
            spans = (own, whole)
        judged.append(replace(hit, strength=max(hit.strength, together), spans=spans))
    return judged


def _merged(text: str, hits: Sequence[Hit]) -> list[Hit]:
    """Hits with 「新潟県」+「つばめし」 and 「新潟市」+「中央区」 made one."""
    merged: list[Hit] = []
    for hit in hits:
        both = _merge(text, merged[-1], hit) if merged else None
        if both is None:
            merged.append(hit)
        else:
            merged[-1] = both
    return merged


def _merge(text: str, first: Hit, second: Hit) -> Hit | None:
    """Two neighbours as one hit, or None if they are two places."""
    spans = ((first.start, second.end),)
    if first.is_prefecture:
        inside = tuple(one for one in second.targets if one.prefecture == first.stated)
        if inside and _AFTER_PREFECTURE.fullmatch(text, first.end, second.start):
            return replace(
                second, start=first.start, targets=inside, stated=first.stated, spans=spans
            )
        return None
    if len(first.targets) != 1 or text[second.end - 1] != "区":
        return None
    city = first.targets[0]
    if not _BEFORE_WARD.fullmatch(text, first.end, second.start):
        return None
    is_its_ward = city in second.targets or not city.is_inside
    return replace(first, end=second.end, spans=spans) if is_its_ward else None


def _narrowed(hits: Sequence[Hit]) -> list[Hit]:
    """Hits whose meanings a prefecture elsewhere in the message (東京都です) narrows down."""
    stated = dict.fromkeys(hit.stated for hit in hits if hit.stated)
    narrowed = []
    for hit in hits:
        prefectures = {target.prefecture for target in hit.targets}
        fitting = [one for one in stated if one in prefectures]
        if len(prefectures) > 1 and len(fitting) == 1:
            targets = tuple(one for one in hit.targets if one.prefecture == fitting[0])
            narrowed.append(replace(hit, targets=targets, stated=fitting[0]))
        else:
            narrowed.append(hit)
    return narrowed
