"""The line of business that an owner states, with its division in the standard classification."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.nlu.lookup import Alias, AliasTable, LookupFileError
from bot.nlu.making import find_making
from bot.nlu.numbers import to_hiragana
from bot.nlu.text import Span


def _pattern(expression: str) -> re.Pattern[str]:
    """A pattern for text whose katakana is read as hiragana, so half-width input is met too."""
    return re.compile(to_hiragana(expression))


_MANUFACTURING = "E"
_OWN_BEFORE = _pattern(
    r"(?:^|[。、\s!?]|うち(?:は|の|も)|弊社は|当社は|当方は?|わが社は|私(?:ども)?は|"
    r"業種は|仕事は|商売は|会社は|うち(?:みたい|のよう)な(?:小さ[いな]|[0-9一二三四五六七八九十百]+人の)?|"
    r"(?:うち|当社|弊社)と(?:似た|おんなじ|同じ)|個人(?:事業の)?|(?:病院|学校|施設|ビル)の|市(?:で|の|、)|町(?:で|の|、)|村(?:で|の|、)|区(?:で|の|、)|県(?:で|の)|"
    r"[ぁ-んァ-ヶ一-龠]で|人の|名の|小さな|小さい|地元の|老舗の|町の|駅前の|温泉街の|代々|地方の|山あいの)$"
)
_OWN_AFTER = _pattern(
    r"(?:業|ぎょう|がいしゃ|かいしゃ|系|関係|関連)?(?:の)?(?:会社|企業|法人|事業所|事業|お?店|工場|工房|仲間|仕事|商売|経営|下請け?|メーカー|屋|販売|加工|部品|製造)*"
    r"(?:$|[。、\s!]|のほう|なので|なもん|[0-9一二三四五六七八九十]+(?:店|軒)|で(?:す|して|ござい|、|会社|法人|従業|社員|人数|支配人|施設長|[0-9一二三四五六七八九十])|を(?:[^、。]{1,8}で(?:営|経営|や)|して|し|や|営|経営|運営|手がけ|手掛け|請け?負|"
    r"売|[一二三四五六七八九十0-9]+(?:軒|店|棟|つ|か所))|"
    r"を?(?:作|造|つく|こしらえ|仕込)|をしと|やって|やっと|やってる|の(?:会社|者|社長|支配人|施設長|所長|院長|事務長|経営|二代目|三代目|店主|"
    r"専務|総務|下請|製造|加工|工場|仕事|販売|受託|スタッフが)|経営|営ん|だ(?!け(?:[^どんが]|$)|っ[たて]|ろう)|なん[でだ]|なのです|ですが|らて|っぺ|"
    r"(?:さ|ずら|っす)(?:$|[。、])|して(?:い|お|る)|"
    r"(?:[0-9一二三四五六七八九十]+(?:人|名)))"
)
_NOT_OWN_AFTER = _pattern(
    r"(?:さん|様)?(?:から|の[0-9一二三四五六七八九十]+(?:人|名)(?:が|は|を|で)|とか|機(?!械)|工(?![場事業房務所程])|ロボット|の買い|や(?!って|っと|っち|り|る)[^、。]{1,8}?(?:でも|が|とか)|補助金|じゃな|ではな|でなく|を(?:始め|やめ|開|出し|使|立ち上げ|予約|覚え|学|習|教え|買|借|入れ|探|紹介|頼|予防)|機械|資材|の勉強会|に(?:頼|相談|聞|行|勤|通|連絡|借|言わ|振|転|移|なりた|社員)|へ(?:行|転職)|で(?:副業|バイト|アルバイト|稼|夜だけ)|が(?:誘|言|勧)|"
    r"人材|経験者|の(?:人|方|経験|資格|免許|免状|求人|募集|手配|予約|おすすめ|補助金|修理|商社|給食|清掃|警備|設備|お?迎え|送り迎え|送迎|波|景気|"
    r"需要|腕|練習|勉強|大学|学校|許可|窓口|ハウツー|承継先|調子|値段|[^、。]{0,12}(?:交付金|補助金|助成金))|できる|が(?:でき|わか|得意)|士|員(?!が|は)|師)"
)

# Questions for stories about others: 「旅館の例はありますか」.
_STORY = _pattern(
    r"事例|実例|体験談|ケース|(?:の|した|受けた|やった|組んだ|ような|いう|な|成功|使った|具体)例|例(?:は|が|を|って|、|なん|$|[。?])|(?:た|って|いう|ような|みたいな|の|な)話(?:は|が|も)?(?:載|あ[るりっ]|ない|な(?:い|ん)|聞|を聞|、|し)|"
    r"見せ方|参考に|どこかに|って会社|あった\?|なんて過去"
)
# 「…でも使えますか」: an owner asks whether a firm like his own may.
_MAY_WE = _pattern(
    r"(?:の者)?(?:でも|も|だと|じゃ)[^。]{0,24}?(?:[いよ良]い(?=の|もの|です[かけ]|んです[かけ]|ん?[けかだ]|[?。]|$)|対象|入れて|もらえ|貰え|使え|受けられ|申し?込|応募|出せ|いける|いけ[るん]|可|大丈夫|場違い|"
    r"でき|出て|出られ|参加|弾かれ|混ぜ|呼ん|借りられ|該当)"
    r"|は[^。]{0,16}?(?:対象|使え|受けられ|出られ|入れ)"
)
_OURS = _pattern(
    r"(?:うち|当社|弊社|当方|私ども|わたしども|手前ども)(?:は|も|の|って|が|と(?:似た|おんなじ|同じ)|みたいな|のような)?[^、。]{0,12}$"
)
_STATED = _pattern(
    r"[^、。はがに]{0,10}?(?:です|でして|でござ|なん(?:です|だ)|だけど|だけん|だが|なもん|(?:を|で)(?:や|し|営|経営|運営)|の者)"
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
            return self._manufacturing(text)
        alias = best[1]
        return Industry(alias.span, alias.target, self._names[alias.target])

    def _manufacturing(self, text: str) -> Industry | None:
        """Manufacturing, where the message names what the firm makes and no trade."""
        span = find_making(text)
        if span is None or _is_in_a_story(text[: span.start], text[span.end :]):
            return None
        return Industry(span, _MANUFACTURING, self._names[_MANUFACTURING])


def _score(text: str, alias: Alias) -> int:
    """How clearly the words are the company's own line of business; 0 or less is not at all."""
    text = to_hiragana(text)
    before, after = text[: alias.span.start], text[alias.span.end :]
    if _NOT_OWN_AFTER.match(after):
        return 0
    if _is_in_a_story(before, after):
        return 0
    own_before = bool(_OWN_BEFORE.search(before[-14:]))
    own_after = bool(_OWN_AFTER.match(after))
    if not alias.is_name:
        return int(own_before and own_after) * 2
    return int(own_before) + 2 * int(own_after or bool(_MAY_WE.match(after)))


def _is_in_a_story(before: str, after: str) -> bool:
    """Whether the sentence asks for a story about some firm of that line of business."""
    sentence = before.rpartition("。")[2] + "*" + after.partition("。")[0]
    if not _STORY.search(sentence):
        return False
    return not (_OURS.search(before) or _STATED.match(after))
