"""Firms that say what they make instead of naming a trade: 「寒天を作っています」「足袋の製造」.

No list holds everything that factories make. Where nothing else tells the line of business, a
message that says the firm makes something is that of a manufacturer; fields, programs, houses and
meals are made by others.
"""

from __future__ import annotations

import re

from bot.nlu.text import Span

_NOUN = "一-龠々ァ-ヺーa-z0-9"
_VERB = r"(?:作|造|つく|こしらえ|拵え)"
# Crafts with a verb of their own; the product stands before を.
_CRAFT = r"(?:焼い|打っ|織っ|削っ|磨い|縫っ|染め|彫っ|編ん|組み?立て|仕込ん|挽い|鍛え)"
_GOING_ON = r"(?:っ?て(?:い?[るまんなつ]|お[りる]|る|ま|とる|て|、)|っと[るりん]|っち[ょゃ]|り続け|る(?:会社|工場|職人|家))"
# What stands before the product: the beginning of a clause, a place, or the firm itself.
_BEGIN = (
    r"(?:^|[。、!?\s]|で|(?<=[市町村区県])の|うちは|うちの会社は|当社は|弊社は|主に|昔から|代々)"
)
_MADE = re.compile(
    rf"{_BEGIN}(?P<words>(?P<what>(?:[{_NOUN}]{{1,8}}の)?[{_NOUN}]{{1,10}})を?{_VERB}){_GOING_ON}"
)
_CRAFTED = re.compile(
    rf"{_BEGIN}(?P<words>(?P<what>(?:[{_NOUN}]{{1,8}}の)?[{_NOUN}]{{1,8}}[ぁ-えけ-しす-てな-ねぶ-もやらりれん]{{0,5}})を"
    rf"(?:{_VERB}|{_CRAFT}))(?=っ?[てで](?:い?[るまん]|お[りる]|ます))"
)
_KANA_MADE = re.compile(
    rf"{_BEGIN}(?P<words>(?P<what>[ぁ-ん]{{2,6}})を?{_VERB})(?=っ?て(?:い?ます|おります|い?る(?:会社|だ|。|$)))"
)
_TRADE_END = (
    r"(?=$|[。、\s!]|です|でして|でござ|で(?:従業|社員|[0-9一二三四五六七八九十])|を(?:し|や|営|経営|手)|"
    r"だ(?!け[^どんが]|った|って)|なん[でだ]|なもん|の(?:会社|[二三四五六七八]代目|者)|やって|やっとり|し(?:て|と)|"
    r"[0-9一二三四五六七八九十百]+(?:人|名))"
)
_WORKS = re.compile(
    rf"(?:{_BEGIN}|の)(?P<words>(?P<what>[{_NOUN}]{{1,10}}?)"
    rf"(?:(?:の(?:受託|委託|下請け?)?)?(?:製造|製作|加工)(?:販売|業|卸)?|工場|工房|製作所|製造所)){_TRADE_END}"
)
# Made by others than manufacturers, or no goods at all.
_NO_GOODS = re.compile(
    r"(?:米|野菜|果物|りんご|いちご|みかん|ぶどう|花|茶葉|作物|アプリ|ソフト|システム|ホームページ|web|プログラム|ゲーム|"
    r"サイト|ページ|動画|映像|番組|家|住宅|弁当|給食|食事|料理|惣菜|規[則程定]|決まり|制度|表|計画|仕組|資料|シート|ルール|"
    r"評価|会|人|班|組織|チーム|場|枠|時間|きっかけ|案|文|書|ロゴ|歌|環境|体制|基準|マニュアル|リスト|名簿|求人|講座|補助|"
    r"グループ|店|部署|道|理由|土台|壁|借金|関係|理念|クレド|パーパス|台帳|図|何|もの|原稿|データ|部屋|窓口|目標|自分|手順|画面|"
    r"手|世話|腕|技|身|骨|費|経費|広告|メール|文字|感性|若手|社員|新人|弟子|後継|右腕|幹部|チラシ|電話)$"
)
_NOT_THE_FIRMS = re.compile(
    r"^(?:うち|本社|自社|当社|弊社|よそ|他社|別|隣|近く|主力|第|海外|国内|親会社|取引先|元請|大手|町|主|県外|地方|中国|先方|同業)|"
    r"クリーニング|整備|修理|給食|車検|データ"
)


def find_making(text: str) -> Span | None:
    """The words that say what the firm makes, in a normalised text; None where none do."""
    for pattern in (_MADE, _WORKS, _CRAFTED, _KANA_MADE):
        for match in pattern.finditer(text):
            what = match["what"]
            if not _NO_GOODS.search(what) and not _NOT_THE_FIRMS.search(what):
                return Span(match.start("words"), match.end("words"))
    return None
