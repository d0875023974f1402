"""How many people a company has, by rules alone.

A message is full of other people: those who left, applied, visited, are wanted, or stand for a
part of the staff. Each number of people is judged by the words on both sides; what is left is
ranked, and parts of the staff (正社員8人、パート5人) are added up where no total is given.
`headcounts` learns from sentences when to follow the rules and what they do not know.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from bot.nlu.numbers import Number, find_numbers, parse_kanji, to_hiragana
from bot.nlu.text import Span


def _pattern(expression: str) -> re.Pattern[str]:
    """A pattern for text whose katakana is read as hiragana, so half-width input is met too."""
    return re.compile(to_hiragana(expression))


# What follows 人 when it does not count people of the firm: 人材, 人前, 人目 (ordinal), 人分 …
_COUNTER = _pattern(
    r"\s?(?:人(?![材事十百千気間生口手件格工物前分目々力]|乗り|親方|当たり|あたり)|名(?![刺前義目])|にん|めい)"
)
# 「19人分の給料」 counts people all the same; it is left to what is learnt.
_SHARES = _pattern(r"\s?(?:人|名)(?:分|前後|目標)")
MOST_PEOPLE = 20_000
_MASTER = _pattern(r"(?:一|1|ひとり|一人|1人)人?親方(?!を|さん|に(?:頼|任|外注))")
_ALONE = _pattern(r"(?:ひとり|ふたり)(?!ひとり|親方)")
_HEDGE = (
    r"(?:\s|ほど|くらい|ぐらい|位|ばかり|弱|強|ちょっと|ちょい|近く|前後|そこそこ|程度|余り|だけ|っ?きり|っきゃ|ちょうど|"
    r"ぴったり|ばか)*"
)

_ROLE = (
    r"(?:正社員|社員|従業員|職員|所員|非常勤|常勤|スタッフ|パート(?:さん)?|アルバイト|バイト(?:さん)?|嘱託|契約社員|役員|取締役|事務(?:員|方)?"
    r"|ドライバー|運転手|乗務員|職人(?:さん)?|工員|現場|営業|製造|整備士|建築士|看護師(?:さん)?|薬剤師|介護士|調理(?:師|場)?"
    r"|技術者|エンジニア|作業員|店員|板前|美容師|保育士|歯科衛生士|検査員|内勤|工場|本社|店|事務所)"
)
_TOTAL = _pattern(
    r"(?:全部で|全員で|全体で|総勢|合計|合わせて|あわせて|含めて|含め|ふくめて|入れて|入れると|込みで?|"
    r"派遣(?:社員|さん)?を(?:除くと|除いて|別にして)|所帯は?|経営で|トータル|計|ひっくるめて?|ひっくるめると|"
    r"みんなで|みなで|総数)[、\s]*(?:は|で|約)?$"
)
_STAFF = _pattern(
    r"(?:社員|従業員|従業院|職員|スタッフ|人員|人数|従業者|働いて(?:くれて)?(?:い)?る(?:の|人|者)|働く(?:の|人|者)|"
    r"規模|雇用|所帯|うち|弊社|当社|わが社|会社|社内|じゅうぎょういん|しゃいん|にんずう|"
    r"家族|夫婦|兄弟|親子|雇い人|所員|常勤|隊員|乗組員|働き手|人間|頭数|(?:^|[。、\s])人)"
    r"(?:数|さん)?(?:は|が|も|の|で|って|:|=|→|、|\s|約|およそ|だいたい|大体|たった|わずか|今は?|現在|いま|"
    r"合わせて|全部で|ざっと|ほぼ)*$"
)
_FIRM_AFTER = _pattern(
    _HEDGE + r"(?:の[^、。]{0,12}?|で|が|しか)?"
    r"(?:会社|企業|所帯|町工場|工場|工務店|商店|店|旅館|宿|メーカー|製作所|事業所|法人|チーム|体制|規模|"
    r"(?:です|でし|だ[がけよわねっに]|い(?:ます|る(?![、]?[けが]))|"
    r"(?<=しか)い(?:ねえ|ない|ません)|(?<=っきゃ)い(?:ねえ|ない|ません)|おります|おる|働い|で(?:や|作|造|つく|営|運営|経営|切り盛|回し|まわし|こしら|仕込)|やって|"
    r"の手|になります|になりました|に減|らわ|らね|だよ|ずら|ね$|いまして|おりまし|所属|在籍|雇って))"
)
_OF_TRADE = _pattern(
    _HEDGE + r"の[^、。がをにはで]{0,8}?"
    r"(?:(?<!部)屋|蔵|農[家園]|牧場|ホテル|民宿|事務所|[病医]院|クリニック|園|塾|工房)"
)
_ABOARD_AFTER = _pattern(_HEDGE + r"乗っ(?:て|と)")
_PLAIN_AFTER = _pattern(
    _HEDGE + r"(?:。|、|\s|!|$|で(?:す|、|$)|[(（)）]|だ(?:$|[。よね])|か?[なね](?:$|[。、]))"
)
_PLAIN_BEFORE = _pattern(
    r"(?:^|[。、\s→:は]|[市町村区県]で|約|およそ|だいたい|大体|自分入れて|は今|いま|現在)$"
)

_GONE_AFTER = _pattern(
    _HEDGE
    + r"(?:の(?:人|社員|若い子|若手|うち|中)?)?(?:が|も|は|を|に|、|ずつ|ばかり|しか|とも|同時に|一気に|立て続けに|続けて|"
    r"いっぺんに|急に|まとめて|去年|今年|先月|今月|\s)*"
    r"(?:辞め|やめ|退職|離職|抜け|休職|休ん|応募|面接|内定|来た|来て|来ま|来ない|来る|採用|採り|採っ|採れ|雇い|雇う|雇え|"
    r"入社|入って|入った|入りまし|入れたい|入る|募集|欲し|ほしい|足り|不足|増や|増え|減ら|減っ|余っ|余る|希望|必要|探|定年|"
    r"暇|ひま|手持ち|手が(?:空|あ|余)|遊ん|超え|超|以下|未満|頭|から|に[0-9一二三四五六七八九]|引退|亡く|異動|送り|出向|受け入|受入|参加|受け|落ち|断|残った|残っ|逃げ|消え|いなくな|去っ|独立|転職|怪我|けが|若い|"
    r"育休|産休|手を挙げ|外国|女性|「|五人とも|3人とも|同じ|につき|ごと|頼ん|連名|集め|いるとき|以上)"
    r"|ひとり|一人"
)
# 社員4人が…: what some of them did; all of them work, stand by or are on the books.
_SOME_DID = _pattern(
    _HEDGE
    + r"が(?!働|勤|在籍|所属|お[りる]|い(?:ます|る|て)|頑張|支え|力を|一丸|正し|最新|現在|今の|全部|全員|基本|中心|食べ|暮ら)"
)
# 手の空いた社員, 出したい者: some of the staff, picked out by what stands before the word.
_PICKED_BEFORE = _pattern(
    r"(?P<verb>[^、。\s]{0,6}(?:た|たい|ない|る|[うくすつぬぶむ]|という))(?:[一-龠]{0,3}(?:社員|職員|従業員|技術者|作業員)|"
    r"スタッフ|職人|若手|者|もん|人|子)(?:が|は|も|だけ|なら|社内に|うちに|、)*$"
)
_ALL_OF_THEM = _pattern(
    r"(?:働いて(?:くれて)?(?:い)?る|働いとる|働く|勤め(?:て(?:い)?)?る|雇って(?:い)?る|抱えて(?:い)?る|使って(?:い)?る|所属する|在籍する|[にが]ある|"
    r"(?<!て)いる|おる|ます|です|うちの|(?:会|弊|当|我が|わが)社の|お店の|工場の)$"
)
_OTHERS_BEFORE = _pattern(
    r"(?:応募|面接|内定者?|新卒|中途|お?客(?:様|さん)?|利用者|入居者|定員|生徒|園児|患者|会員|求人|採用|募集|退職者?|"
    r"離職者?|(?:辞め|来|受け|残っ)(?:た|る)(?:人|の|者|社員)?|若手|若い(?:子|人|の|衆|社員|者|方)?|若者|ベテラン|"
    r"(?:女性|男性|外国人|女の|男の)(?:材|の)?(?:社員|職員|従業員|スタッフ|技術者|作業員|人|方|子)?|"
    r"女の人が[^、。]{0,5}|手(?:すき|あき|空き)の[^、。]{1,4}|"
    r"(?:技能)?実習生|高校生|大学生|学生|インターン生?|(?:代|歳|才)(?:以上|未満)?(?:の)?(?:人|社員|職員|従業員)?|部下|幹部|候補者?|後継者|"
    r"年(?:間)?に|毎年|月に|去年|昨年|先月|今年|あと|もう|さらに|内職|外注(?:さん)?|派遣(?:さん|社員)?|下請|そのうち|のうち|"
    r"中で|競合|取引先|(?:取引先|親会社|得意先|元請け?|競合|同業|よそ|隣)の(?:会社の)?(?:従業員|社員|職員)数?|以前は?|前は|昔は|元は|もとは|かつて|頃は|ころは|年前(?:は|には)|までは|"
    r"派遣を(?:入れ|含め)(?:ると|て)|新人|リーダー|管理職|役職者|家族連れ|子ども|娘|息子|この(?:春|夏|秋|冬|年))"
    r"(?:は|が|の|を|も|に|で|、|だけ|として|\s|約|また|たった|わずか|結局|同時に|平均|から)*$"
)
_WITHDRAWN_AFTER = _pattern(
    _HEDGE
    + r"(?:じゃな|ではな|でな(?:く|い)|と(?:書|言|入力|打|答|お伝|伝え|申)|って(?:書|言|入|打|答|伝)|"
    r"は(?:間違|まちが|誤|うそ|嘘|ウソ|前の|昔|パート抜)|→|から[0-9一二三四五六七八九十]+(?![0-9一二三四五六七八九十]|[人名]?まで))"
)
_NOT_ALL = _pattern(
    r"(?:パート|バイト|アルバイト)(?:さん)?(?:を|は)?(?:抜き|除|のぞ|別)[^、。]{0,4}[、\s]?$"
)
_UNIT_AFTER = _pattern(
    r"\s?(?:[年歳才代円万億%時日月週件台回社割階坪号期度点倍番店軒棟本枚個箇室カヶか所キロkcgm:/.人名-]|分|つ|第|世紀|パーセント|[0-9])"
)
_BARE_BEFORE = _pattern(
    rf"(?:{_ROLE}|人数|人員|頭数|しゃいん|全部で|総勢|合計|合わせて|あわせて|含めて|含め|入れて|込みで)"
    r"(?:は|が|も|数|の|で|、|:|=|→|\s|約)*$"
)
_RANGE = _pattern(r"\s?[、,〜~\-か・]\s?$")
_VAGUE_BEFORE = _pattern(r"(?<![員人フ総頭者])数$|[何幾]$|第$|昭和$|平成$|令和$")
_CONSECUTIVE = _pattern(r"一二|二三|三四|四五|五六|六七|七八|八九")
_PART_BEFORE = _pattern(rf"(?P<role>{_ROLE})(?:は|が|も|の|で|、|\s|を|さん|約|だけ|のみ)*$")
_OWNER_TOO = _pattern(r"(?:社長(?:の)?(?:おれ|俺|私|自分)?|俺|おれ|私|自分|僕)と[^、。]{0,6}$")
_OF_THEM = _pattern(r"[、。]?うち$")
_PART_AFTER = _pattern(rf"(?:と|に|で|が|、|\s|あと)*{_ROLE}")
_CONTEXT = 24
_WHOLE_STAFF = frozenset(to_hiragana(role) for role in ("従業員", "職員", "所員", "スタッフ"))
_PART_TIMERS = frozenset(
    to_hiragana(role) for role in ("パート", "パートさん", "アルバイト", "バイト")
)
# One or two people are mostly somebody in particular, seldom the whole company.
_FEW = 2


class _Rank(IntEnum):
    """How clearly a number says what the company counts."""

    PLAIN = 1
    STAFF = 2
    TOTAL = 3


@dataclass(frozen=True)
class Headcount:
    """The people of a company, with the span that says so."""

    value: int
    span: Span


@dataclass(frozen=True)
class Count:
    """A number in a message that may count people.

    Attributes:
        value: The number.
        start: Offset of the number.
        end: Offset behind the number and its counter.
        has_counter: Whether 人, 名 or the like follows, or the word itself counts people.
    """

    value: int
    start: int
    end: int
    has_counter: bool


@dataclass(frozen=True)
class _Candidate:
    value: int
    start: int
    end: int
    rank: _Rank
    role: str
    with_owner: bool


def find_employees(text: str) -> Headcount | None:
    """The number of a company's own people that a normalised text states, if it states one.

    Vague numbers (十数人, 2、3人) are none. After a correction the corrected number counts.
    """
    text = to_hiragana(text)
    master = _MASTER.search(text)
    if master:
        return Headcount(1, Span(master.start(), master.end()))
    candidates = _candidates(text)
    if not candidates or _is_unclear_split(text, candidates):
        return None
    summed = _sum_of_parts(candidates)
    if summed:
        return summed
    best = max(candidates, key=lambda candidate: (candidate.rank, -candidate.start))
    return Headcount(best.value, Span(best.start, best.end))


def _candidates(text: str) -> list[_Candidate]:
    """Numbers that may be the company's own people, in order."""
    numbers = [*find_numbers(text), *_spelled_out(text)]
    numbers.sort(key=lambda number: number.start)
    found: list[_Candidate] = []
    withdrawn = False
    for index, number in enumerate(numbers):
        before = text[max(0, number.start - _CONTEXT) : number.start]
        counter = _COUNTER.match(text, number.end)
        is_word = text[number.start : number.end] in ("ひとり", "ふたり")
        end = number.end if is_word else counter.end() if counter else number.end
        after = text[end : end + _CONTEXT]
        if _is_vague(text, numbers, index):
            continue
        if _WITHDRAWN_AFTER.match(after):
            withdrawn = True
            found.clear()
            continue
        if not counter and not is_word:
            written = text[number.start : number.end]
            if not _is_bare_headcount(written, before, after, withdrawn=withdrawn):
                continue
        if found and _OF_THEM.search(before):
            continue
        counted = bool(counter) or is_word
        rank = _rank(before, after, number.value, has_counter=counted, corrects=withdrawn)
        if rank is not None:
            part = _PART_BEFORE.search(before)
            found.append(
                _Candidate(
                    value=number.value,
                    start=number.start,
                    end=end,
                    rank=rank,
                    role=part["role"] if part else "",
                    with_owner=bool(_OWNER_TOO.search(before)),
                )
            )
    return found


def find_counts(text: str) -> list[Count]:
    """All numbers of a normalised text that may count people, in order; vague ones are none."""
    text = to_hiragana(text)
    numbers = sorted([*find_numbers(text), *_spelled_out(text)], key=lambda number: number.start)
    found: list[Count] = []
    for index, number in enumerate(numbers):
        if (found and number.start < found[-1].end) or _is_vague(text, numbers, index):
            continue
        counter = _COUNTER.match(text, number.end) or _SHARES.match(text, number.end)
        is_word = text[number.start : number.end] in ("ひとり", "ふたり")
        if not counter and not is_word and _UNIT_AFTER.match(text[number.end :]):
            continue
        if number.value <= MOST_PEOPLE:
            end = counter.end() if counter and not is_word else number.end
            found.append(Count(number.value, number.start, end, bool(counter) or is_word))
    return found


def rule_ranks(text: str) -> dict[int, tuple[int, bool]]:
    """By offset, how clearly the rules take a number for the company's, and if it is of a part."""
    return {one.start: (int(one.rank), bool(one.role)) for one in _candidates(to_hiragana(text))}


def signs(before: str, after: str) -> dict[str, bool]:
    """Which of the rules' patterns stand before and after a number, in hiragana."""
    before, after = before[-_CONTEXT:], after[:_CONTEXT]
    return {
        "withdrawn": bool(_WITHDRAWN_AFTER.match(after)),
        "others": bool(_OTHERS_BEFORE.search(before)),
        "gone": bool(_GONE_AFTER.match(after)),
        "total": bool(_TOTAL.search(before)),
        "staff": bool(_STAFF.search(before)),
        "firm": bool(_FIRM_AFTER.match(after)),
        "part before": bool(_PART_BEFORE.search(before)),
        "part after": bool(_PART_AFTER.match(after)),
    }


def _spelled_out(text: str) -> list[Number]:
    """「ひとり」 and 「ふたり」, the two counts with words of their own."""
    return [
        Number(1 if match.group() == "ひとり" else 2, match.start(), match.end())
        for match in _ALONE.finditer(text)
    ]


def _is_vague(text: str, numbers: Sequence[Number], index: int) -> bool:
    """Whether the number is part of 「十数人」, 「2、3人」, 「20〜30人」 or not a quantity at all."""
    number = numbers[index]
    if number.value == 0 or _VAGUE_BEFORE.search(text[: number.start]):
        return True
    if text[number.end : number.end + 1] in ("数", "何"):
        return True
    written = text[number.start : number.end]
    if _CONSECUTIVE.fullmatch(written) and number.value == parse_kanji(written):
        return True
    neighbours = []
    if index:
        neighbours.append(text[numbers[index - 1].end : number.start])
    if index + 1 < len(numbers):
        neighbours.append(text[number.end : numbers[index + 1].start])
    return any(_RANGE.fullmatch(between) for between in neighbours)


def _is_bare_headcount(written: str, before: str, after: str, *, withdrawn: bool) -> bool:
    """Whether a number without 人 counts people all the same: 「社員25」「パート含めて40」."""
    if _UNIT_AFTER.match(after) or not written.isdigit():
        return False
    return withdrawn or bool(_BARE_BEFORE.search(before))


def _rank(
    before: str, after: str, value: int, *, has_counter: bool, corrects: bool
) -> _Rank | None:
    """How clearly a number counts the company's people; None where it counts others."""
    if _OTHERS_BEFORE.search(before) or _GONE_AFTER.match(after) or _NOT_ALL.search(before):
        return None
    of_firm = bool(_FIRM_AFTER.match(after) or _OF_TRADE.match(after)) and (
        value > _FEW or not before or before[-1] in "のを"
    )
    if not after.startswith("の") and _counts_some(before):
        return None
    if (before.endswith("を") and not of_firm) or (value <= _FEW and after.startswith("を")):
        return None
    if corrects or _TOTAL.search(before):
        return _Rank.TOTAL
    if _SOME_DID.match(after):
        return None
    if _ABOARD_AFTER.match(after) and _PLAIN_BEFORE.search(before):
        return _Rank.STAFF
    if of_firm or _STAFF.search(before) or not has_counter:
        return _Rank.STAFF
    ends = bool(_PLAIN_AFTER.match(after))
    if _PART_BEFORE.search(before):
        return _Rank.STAFF if ends or _PART_AFTER.match(after) else None
    if not _PLAIN_BEFORE.search(before):
        return None
    if value <= _FEW:
        return _Rank.PLAIN if not before and ends else None
    return _Rank.PLAIN if ends or after.startswith(("で", "の")) else None


def _counts_some(before: str) -> bool:
    """Whether the number counts people picked out of the staff: 「手の空いた社員が五人」."""
    picked = _PICKED_BEFORE.search(before)
    return picked is not None and not _ALL_OF_THEM.search(picked["verb"])


def _is_unclear_split(text: str, candidates: Sequence[_Candidate]) -> bool:
    """Whether the message does not say if its 社員 are with or without the part-timers."""
    roles = {candidate.role for candidate in candidates}
    if "社員" not in roles or not roles & _PART_TIMERS or roles - _PART_TIMERS - {"社員"}:
        return False
    between = text[candidates[0].end : candidates[-1].start]
    return "。" not in between and not any(one.rank is _Rank.TOTAL for one in candidates)


def _sum_of_parts(candidates: Sequence[_Candidate]) -> Headcount | None:
    """The sum where the message lists parts of the staff and gives no total."""
    parts = [candidate for candidate in candidates if candidate.role]
    if any(candidate.rank is _Rank.TOTAL for candidate in candidates):
        return None
    roles = {part.role for part in parts}
    owner = 1 if any(part.with_owner for part in parts) else 0
    if len(roles) < 2 and not owner:
        return None
    if roles & _WHOLE_STAFF and not owner:
        return None
    span = Span(parts[0].start, parts[-1].end)
    return Headcount(sum(part.value for part in parts) + owner, span)
