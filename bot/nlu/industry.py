"""The line of business that an owner states, with its division in the standard classification."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.nlu.lookup import Alias, AliasTable, LookupFileError
from bot.nlu.numbers import to_hiragana
from bot.nlu.text import Span


def _pattern(expression: str) -> re.Pattern[str]:
    """A pattern for text whose katakana is read as hiragana, so half-width input is met too."""
    return re.compile(to_hiragana(expression))


_OWN_BEFORE = _pattern(
    r"(?:^|[。、\s!?]|うち(?:は|の|も)|弊社は|当社は|当方は?|わが社は|私(?:ども)?は|"
    r"業種は|仕事は|商売は|会社は|市(?:で|の|、)|町(?:で|の|、)|村(?:で|の|、)|区(?:で|の|、)|県(?:で|の)|"
    r"[ぁ-んァ-ヶ一-龠]で|人の|名の|小さな|小さい|地元の|老舗の|町の|駅前の|温泉街の|代々|地方の|山あいの)$"
)
_OWN_AFTER = _pattern(
    r"(?:業|ぎょう|がいしゃ|かいしゃ|系|関係|関連)?(?:の)?(?:会社|企業|法人|事業所|事業|お?店|工場|工房|仕事|商売|経営|下請け?|メーカー|屋|販売|加工|部品|製造)*"
    r"(?:$|[。、\s!]|のほう|なので|なもん|[0-9一二三四五六七八九十]+(?:店|軒)|で(?:す|して|ござい|、|従業|社員|人数|支配人|施設長|[0-9一二三四五六七八九十])|を(?:[^、。]{1,8}で(?:営|経営|や)|して|し|や|営|経営|運営|手がけ|手掛け|作|造|つく|"
    r"こしらえ|仕込|売|[一二三四五六七八九十0-9]+(?:軒|店|棟|つ|か所))|をしと|やって|やっと|やってる|の(?:会社|者|社長|支配人|施設長|所長|院長|事務長|経営|二代目|三代目|店主|"
    r"専務|総務|下請|製造|加工|工場|仕事|販売|受託)|経営|営ん|だけど|だけん|だが|ですが|だよ|らて|だに|っぺ|だわ|して(?:い|お|る)|"
    r"(?:[0-9一二三四五六七八九十]+(?:人|名)))"
)
_NOT_OWN_AFTER = _pattern(
    r"(?:さん|様)?(?:から|補助金|じゃな|ではな|でなく|を(?:始め|やめ|開|出し|使)|機械|資材|の勉強会|に(?:頼|相談|聞|行|勤|通|連絡|借|言わ)|へ(?:行|転職)|が(?:誘|言|勧)|"
    r"人材|経験者|の(?:人|方|経験|資格|免許|求人|募集|手配|予約|おすすめ|補助金)|できる|が(?:でき|わか|得意)|士|員(?!が|は)|師)"
)


@dataclass(frozen=True)
class Industry:
    """A line of business: the words as they stand, and its division."""

    span: Span
    code: str
    name: str


class IndustryFinder:
    """Finds the company's own line of business in a normalised text."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        """Build the index from the content of `industries.yml`.

        Raises:
            LookupFileError: A division lacks its name or its words.
        """
        divisions = table.get("industries")
        if not isinstance(divisions, dict):
            raise LookupFileError("industries.yml: key 'industries' is missing")
        try:
            self._names = {code: str(entry["name"]) for code, entry in divisions.items()}
            words = {
                code: {"names": entry["names"], "hints": entry["hints"]}
                for code, entry in divisions.items()
            }
        except KeyError as missing:
            raise LookupFileError(f"industries.yml: a division has no {missing}") from missing
        self._aliases = AliasTable(words, readings=True)

    def find(self, text: str) -> Industry | None:
        """The line of business stated first and most clearly; None where none is stated."""
        best: tuple[int, Alias] | None = None
        for alias in self._aliases.find(text):
            score = _score(text, alias)
            if score > 0 and (best is None or score > best[0]):
                best = (score, alias)
        if best is None:
            return None
        alias = best[1]
        return Industry(alias.span, alias.target, self._names[alias.target])


def _score(text: str, alias: Alias) -> int:
    """How clearly the words are the company's own line of business; 0 or less is not at all."""
    text = to_hiragana(text)
    before, after = text[: alias.span.start], text[alias.span.end :]
    if _NOT_OWN_AFTER.match(after):
        return 0
    own_before = bool(_OWN_BEFORE.search(before[-8:]))
    own_after = bool(_OWN_AFTER.match(after))
    if not alias.is_name:
        return int(own_before and own_after) * 2
    return int(own_before) + 2 * int(own_after)
