"""What the words round a place name say: is it a place at all, and is it the company's?

All functions take folded text (`place_names.fold`) and the span of the form in it.
"""

from __future__ import annotations

import re
from enum import IntEnum

_KANJI = "一-龥々〆"
_WORD_CHAR = re.compile(rf"[{_KANJI}ァ-ヺーケa-z]")
_TAIL = 24  # characters looked at on either side

# Words that may stand right before a name without a particle between (本社松本).
_LEFT_WORD = re.compile(
    r"(?:本社|本店|支社|会社|弊社|当社|自社|我社|わが社|住所|所在地|所在|場所|拠点|勤務地|地元|工場|事業所|営業所|"
    r"旧|元|現|現在|業|名|人|円|年|屋|店|県|都|府|郡|道)$"
)
_COMPANY_FORM = re.compile(r"(?:株式会社|有限会社|合同会社|合資会社|\((?:株|有|同|資)\))\s*$")
_NAME_PART = re.compile(r"[新上下東西南北中大小奥本元]$")
_HONORIFIC = re.compile(
    r"\s?(?:さん|さま|様(?!子|々)|君(?!津)|くん|ちゃん|氏|先生|先輩|選手|社長|会長|専務|常務|部長|次長|課長|係長|主任|"
    r"班長|工場長|店長|所長|支店長|本部長|取締役|代表(?!的)|顧問|理事|監督|夫妻|夫婦|兄弟|一家|家[のはとが])"
    r"|(?:と申|といいます|と言います|って言います|って者|という者|と名乗|宛)"
)
_COMPANY_NAME = re.compile(
    r"\s?(?:\((?:株|有|同)\)|株式会社|有限会社|合同会社|(?:興|工|産|鉱|商)業(?!都市|団地|地帯|高校))"
)
_MARKET = re.compile(r"(?<=市)場")
_END = re.compile(r"\s*(?:$|[。!?、,・/|)\]」』】\n…]|\s)")
_COPULA = re.compile(
    r"(?:です|でした|でしょ|でござ|であ|だ(?!け|れ|い(?!ね)|っけ)|だいね|っす|になり|となり|じゃ(?!な)|"
    r"なんです|なんだ|なので|ずら|だに|らて|らわ|やで|やねん)"
)
_NEGATED = re.compile(
    r"(?:じゃな|ではな|でなく|でなくて|じゃねえ|じゃありま|ではありま|とは別|以外)"
)
_AT = re.compile(r"で(?!す|し|ご|あ|な|も|は(?:な|あり))|でして")
_SEATED = re.compile(
    r"(?:に|にも)(?:あり|ある|あっ|ござ|て|お[りる]|本社|本店|工場|会社|事務所|店|拠点|構え|所在|"
    r"おい|立地|事業所|住所|住|引っ越|越し|移|転勤|出張|通|進出|近い|営業所|支店|支社)"
)
_SUFFIX = re.compile(
    r"(?:市内|町内|市街|駅(?!伝)|近郊|周辺|界隈|郊外|あたり|辺り|へん|らへん|付近|近く|近辺|地区|地域|地方(?!自|公|銀)|方面|在住|在の|"
    r"インター|ic(?![a-z])|商工会|会議所|工場(?!長)|本社|本店|支店(?!長)|支社(?!長)|営業所(?!長)|事業所(?!長)|店(?!長)|"
    r"出身|発の|半島|盆地|平(?![一-龥])|エリア|温泉|工業団地|工業都市|のほう|の方(?=[にでのはがだ、])|んとこ|のとこ|"
    r"し(?=で|の|に|内)|部(?=[にでのはがだ、。]|$)|"
    r"(?:製造|建設|運送|運輸|小売|卸売|飲食|宿泊|サービス|農|林|漁|水産|印刷|観光)業|[0-9]+(?:人|名))"
)
_OF_BUSINESS = re.compile(
    r"の[^、。!?\s]{0,9}?(?:会社|企業|工場|工務|製作|鉄工|旅館|ホテル|民宿|商店|飲食店|(?<!部)屋(?!さ?ん?が)|業者|製造|加工|"
    r"メーカー|部品|建設|建築|土木|運送|物流|倉庫|介護|福祉施設|病院|医院|薬局|農園|農家|牧場|法人|組合|事業所|事務所|メッキ|"
    r"めっき|金型|プレス|研磨|鋳物|鍛造|切削|酒蔵|蔵元|酒造|醸造|ワイナリー|中小|零細|印刷|食品|整備|塗装|板金|溶接|"
    r"縫製|繊維|織物|機械|精密|観光|小売|卸|産地|町工場|本社|本店|窓口|人事部|会議所|商工会|者で|者だ|者っす|もんで|"
    r"スーパー|コンビニ|ホームセンター|美容[室院]|床屋|銭湯|ペンション|ゲストハウス|民泊|宿(?!題)|温泉旅館|レストラン|カフェ|"
    r"喫茶店|食堂|居酒屋|料亭|割烹|薬店|歯医者|歯科|クリニック|診療所|保育[園所]|幼稚園|こども園|学習塾|塾(?!生)|教習所|"
    r"デイサービス|老人ホーム|特養|葬儀|結婚式場|写真館|スキー場|ゴルフ場|タクシー|運輸|警備|清掃|不動産|造園|漁師|定置網|"
    r"織元|窯元|機屋|問屋|養殖|養豚|養鶏|設計|システム|ソフト|アプリ|木工|製材|鋳造|造り酒屋|土産|茶園|園芸|"
    r"[一-龥](?:所|店|屋)(?:です|で|だ|を|に|、|。|$))"
)
_OF_PLACE = re.compile(
    r"の(?:[。!]|$|駅|中心|外れ|はずれ|山奥|山の|山ん|町(?!工)|街|市街|郊外|天気|港|温泉|端|小さ[いな]|大き[いな]|ほう|方(?=[にでのはがだ、])|田舎|"
    r"商工|同業|若い人|人口|最低賃金|求人|工業団地|北|南|東|西|隣)"
)
_PASSING = re.compile(
    r"(?:から(?:通|来て|来る|引|移|応募|転職|出勤|出て|車)|(?:へ|に)(?:納|出荷|配送|帰|行|取られ|流れ|出て|売)|まで(?:通|行|運|出))"
)
_PLACE_RULES = (_SUFFIX, _AT, _SEATED, _OF_BUSINESS, _OF_PLACE, _PASSING)
_PARTICLE = re.compile(
    r"(?:でも|は|が|も|に|へ|の|を|と|や|か|って|から|まで|より|なら|だと|だけ|という|といえ|とか|さ(?=[あいおか来行住通]))"
)
_JOIN = re.compile(r"(?:と|や|、|・|,|/|か|や、|\s)\s*")
_CUE = re.compile(
    r"(?:本社|本店|(?<![親子])会社|弊社|当社|自社|うち|ウチ|我社|わが社|所在地|住所|場所|拠点|地元|店|店舗|工場|事業所|"
    r"事務所|所在)"
    r"(?:の(?:場所|所在地|住所|所在))?(?:は|が|も|って|:|、|\s)*$"
)
_WHOLE_BEFORE = re.compile(
    r"^\s*(?:(?:はい|ええ|うん|えっと|えーと|えと|あの|あ|いえ|いや|そう(?:です)?|ハイ)[、。\s]*)?"
    r"(?:(?:本社|本店|会社|弊社|当社|うち|場所|所在地|住所|工場|拠点|店)(?:の(?:場所|所在地|住所))?(?:は|が|も|:|、|\s)*)?$"
)
_WHOLE_AFTER = re.compile(
    r"^(?:のほう|の方|のあたり|市内|んとこ)?(?:です|だ|っす|でございます|になります|にあります|にある|ですよ|です(?:けど|が|ね)|"
    r"だよ|だけど|だね|だに|だいね|だっぺ|ずら|だら|らて|らわ|かな|だべ|で)?[。!、\s]*$"
)
_GREETING = re.compile(r"お世話に|はじめまして|初めまして|こんにちは|おはよう|こんばんは|お疲れ")
_REGARDS = re.compile(r"です[。、!\s]*(?:どうぞ)?(?:よろしく|宜しく)")
_SELF = re.compile(
    r"(?:私|わたし|わたくし|僕|俺|名前|氏名|担当|社長|代表|総務|人事)(?:者)?(?:は|が|の|、|\s)*$"
)
_KEYWORD = re.compile(
    r"業|[0-9一二三四五六七八九十百]+\s*(?:人|名)|製造|加工|県|製作|建設|土木|運送|介護|旅館|食品|プレス|卸|小売|商社|問屋|工務店"
)
_BIG_COMPANY = re.compile(r"日立|鹿島|富士|日野|豊田|川崎")
_ITS_ORDERS = re.compile(
    r"(?:の|に|から|へ|さん|系|向け|を|が|は)[^、。]{0,8}?(?:下請|孫請|協力会社|協力工場|系列|関連|グループ|子会社|仕事|"
    r"発注|受注|注文|納め|納入|納品|取引|ob|退職|定年|辞め|転職|製品|部品|株|本体|撤退|勤め|勤務|働いて|景気|の工場)"
    r"|の工場|で(?:定年|働|勤め|勤務|長年|部長|課長|設計|[0-9]+年(?:働|勤))"
)
_CORRECTED = re.compile(r"(?:じゃなくて?|ではなくて?|でなくて?|じゃねくて|じゃなしに)[、\s]*$")
_HEADQUARTERS = re.compile(r"(?:本社|本店|所在地|住所|会社|弊社|当社|自社|我社|わが社|うち|ウチ)")
_THEIRS = re.compile(
    r"(?:弟|兄|姉|妹|息子|娘|友人|友達|知人|知り合い|いとこ|親戚|妻|嫁|夫|先方|相手|取引先|同業)の(?:会社|店|工場|本社|事務所)"
    r"(?:は|が|も)$"
)
_ELSEWHERE_BEFORE = re.compile(
    r"(?:支店|支社|営業所|出張所|取引先|得意先|客先|お客|顧客|親会社|元請け?|実家|自宅|出身|社員|従業員|息子|娘|大学|学校|妻|嫁)"
    r"(?:は|が|も|の)*$"
)
_ELSEWHERE_AFTER = re.compile(
    r"(?:から(?!です|失礼|ご?相談|お問|メール|書|送|お?電話|連絡|一番|近|行くなら|通える)|(?:に|へ)(?:納|出荷|卸|配送|帰|行|取られ|流れ|出|出張|転勤|引っ越|"
    r"越し|住|通|売|支店|営業所|支社|嫁|進出)|出身|在住|方面|まで(?:通|行|運|出)|支店|支社|営業所|出張所|"
    r"より|に比べ|の(?:出身|生まれ|取引先|得意先|客|お客|元請|親会社|支店|支社|営業所|出張所|社員|学生|高校|大学|専門学校|若|人は|人が|"
    r"同業|競合|他社|知り|知人|友|息子|娘|実家|ほうが|方が|[^、。]{0,8}?に(?:勤め|住|籍)|"
    r"(?:会社|企業|店)(?:の(?:人|方|社員)|から|へ|さん)|客|お客|仕入|(?:[^、。]{0,3}大学|高校)(?:と|の先生))|"
    r"や[^、。]{1,6}?以外|以外|に本社[がの](?:ある)?(?:取引先|得意先|親会社|元請|大手)|"
    r"で(?:やる|やった|ある|あった|開|行わ|の)(?:合同|説明会|セミナー|研修|展示|催し|イベント))"
)
_BUSINESS_AFTER = re.compile(
    r"(?:で|の)[^。!?]{0,20}?(?:営|もん|者|やって|やっと|やり|経営|製造|加工|作|造|操業|商売|会社|工場|業|屋|店|旅館|メーカー)"
)


class Strength(IntEnum):
    """How surely the words round a form make it a place."""

    NONE = 0
    WEAK = 1  # enough for a name that means nothing else
    STRONG = 2  # enough for a surname too


def allows_left(text: str, start: int, *, is_full: bool, length: int) -> bool:
    """Whether a form may begin at `start`, or is rather the tail of a longer word."""
    if start == 0:
        return True
    before = text[max(0, start - _TAIL) : start]
    if _COMPANY_FORM.search(before) and not is_full:
        return False
    if not _WORD_CHAR.match(before[-1]):
        return True
    if before[-1] == "社" and text[start] == "長":
        return False
    if _LEFT_WORD.search(before):
        return True
    return is_full and length > len("津市") and not _NAME_PART.search(before)


def is_company_or_person(text: str, end: int) -> bool:
    """Whether what follows makes the name a person's, a company's or a market's."""
    after = text[end : end + _TAIL]
    return bool(
        _HONORIFIC.match(after) or _COMPANY_NAME.match(after) or _MARKET.match(text, end, end + 1)
    )


def allows_right(text: str, end: int) -> bool:
    """Whether a short form may end at `end`: no letter of a longer word follows."""
    if is_company_or_person(text, end):
        return False
    after = text[end : end + _TAIL]
    return not after or not _WORD_CHAR.match(after) or _SUFFIX.match(after) is not None


def strength(text: str, start: int, end: int) -> Strength:
    """How surely the short form at `start:end` is a place, by its surroundings alone."""
    if not allows_right(text, end):
        return Strength.NONE
    before, after = text[max(0, start - _TAIL) : start], text[end : end + _TAIL]
    if _BIG_COMPANY.fullmatch(text, start, end) and _ITS_ORDERS.match(after):
        return Strength.NONE
    if _is_whole_answer(text, start, end):
        return Strength.STRONG
    if _COPULA.match(after) or _NEGATED.match(after):
        return Strength.WEAK if _is_introduction(text, start, end) else Strength.STRONG
    if any(rule.match(after) for rule in _PLACE_RULES):
        return Strength.STRONG
    if _END.match(after):
        if _CUE.search(before) or _CORRECTED.search(before) or _is_keyword_list(text, start):
            return Strength.STRONG
        return Strength.WEAK
    return Strength.WEAK if _PARTICLE.match(after) else Strength.NONE


def is_settled(text: str, end: int) -> bool:
    """Whether what follows fits a place and hardly anything else."""
    after = text[end : end + _TAIL]
    return any(rule.match(after) for rule in (*_PLACE_RULES, _COPULA, _END))


def _is_whole_answer(text: str, start: int, end: int) -> bool:
    """Whether the message is nothing but this name."""
    return bool(_WHOLE_BEFORE.match(text[:start]) and _WHOLE_AFTER.match(text[end:]))


def _is_introduction(text: str, start: int, end: int) -> bool:
    """Whether 「…です」 may be somebody giving a surname."""
    before = text[:start]
    if _CUE.search(before) or _CORRECTED.search(before):
        return False
    if _GREETING.search(before) or _SELF.search(before) or _REGARDS.match(text, end):
        return True
    return bool(before) and before[-1] not in "、。,!? \n「・/"


def _is_keyword_list(text: str, start: int) -> bool:
    """Whether the message lists facts (建設業 長岡 15人) and this name is an item of it."""
    at_item = start == 0 or text[start - 1] in " 、,・/。\n"
    return at_item and len(text) <= 60 and _KEYWORD.search(text) is not None


def find_joint(text: str, end: int, next_start: int) -> str:
    """The 「と」, 「や」 or comma that alone stands between a name and the next, else nothing."""
    joint = _JOIN.fullmatch(text, end, next_start)
    return joint.group()[0] if joint else ""


def company_score(text: str, start: int, end: int, base: float) -> float:
    """How surely the place is where the company stands, 0 to 1.

    Args:
        text: The message, folded.
        start: Where the name begins.
        end: Where it ends.
        base: Score of the spelling alone: 燕市 more than 燕.
    """
    before, after = text[max(0, start - _TAIL) : start], text[end : end + _TAIL]
    score = base
    theirs = _THEIRS.search(before)
    cue = None if theirs else _CUE.search(before)
    if cue:
        score += 0.5 if _HEADQUARTERS.match(cue.group()) else 0.1
    if _is_whole_answer(text, start, end) or _CORRECTED.search(before):
        score += 0.1
    if _BUSINESS_AFTER.match(after):
        score += 0.15
    elsewhere = _ELSEWHERE_AFTER.match(after)
    if not elsewhere and re.match(r"[にの](?:本社|本店)", after):
        score += 0.5
    elif re.match(r"(?:市内)?に(?:あり|ある|ござ|所在|構え|工場)", after):
        score += 0.1
    if theirs or (not cue and _ELSEWHERE_BEFORE.search(before)):
        score -= 0.5
    if elsewhere:
        score -= 0.5
    if _NEGATED.match(after):
        score -= 1.0
    return round(min(max(score, 0.0), 1.0), 2)


# --- Names written in kana, over kana-folded text -------------------------------------------

_KANA_LEFT = re.compile(
    r"(?:^|[^ァ-ヺー一-龥々a-z]|(?:本社|会社|住所|所在地|工場|場所|県|県ノ|トウキョウト|ケン|ケンノ))$"
)
_KANA_PARTICLE = re.compile(r"[ハガモノ]$")
_KANA_RIGHT = re.compile(
    r"(?:$|[^ァ-ヺー]|デス|デシ|デ(?!キ)|ニ(?!ナ(?!リ))|ノ|カラ|ハ|ガ|モ|ト(?!シ|イ)|ヤ|マデ|ダ|ッス|ジャ|ナ(?:イ|ン)|ヘ)"
)
_KANA_RIGHT_SURE = re.compile(r"(?:$|[^ァ-ヺー一-龥]|デス|デ(?!キ|モ)|ダ(?!ケ)|ニア|ノ(?!デ))")
_KANA_ANSWER_BEFORE = re.compile(
    r"^\s*(?:(?:ハイ|エエ|ウン|エット|エート|エト|アノ|ア)[、。\s]*)?"
    r"(?:(?:本社|会社|カイシャ|ウチ|場所|バショ|住所|ジュウショ|工場)(?:ハ|ガ|モ|:|、|\s)*)?$"
)
_KANA_ANSWER_AFTER = re.compile(
    r"^(?:ノホウ|ノ方)?(?:デス|ダ|ッス|デゴザイマス|ニナリマス|ニアリマス|デス(?:ヨ|ネ|ケド|ガ)|ダヨ|ダケド|ダネ|カナ|ズラ|ダッペ)?"
    r"[。!、\s]*$"
)


_KANA_SHORT_BEFORE = re.compile(
    r"(?:^|[。、!?\s]|(?:ウチ|カイシャ|会社|ホンシャ|本社|コウジョウ|工場)(?:ハ|ガ))$"
)
_KANA_SHORT_AFTER = re.compile(
    r"デ(?![スシキモハナアゴ])|\s*ノ\s*[^。、!?]{0,10}?(?:ヤ|コウバ|コウジョウ|カイシャ|ショ|テン|リョカン|"
    r"会社|工場|[所店屋業]|旅館|加工)(?:\s*(?:デス|ダ|デ)|[、。\s]|$)"
)


def is_full_in_kana(kana: str, start: int, end: int) -> bool:
    """Whether the reading of a full name (ツバメシ) at `start:end` is a name and no accident."""
    before, length = kana[max(0, start - _TAIL) : start], end - start
    if _KANA_LEFT.search(before):
        rule = _KANA_RIGHT if length > len("ツバメ") else _KANA_RIGHT_SURE
        return kana[end - 1] in "市区町村県都" or rule.match(kana, end) is not None
    if length > len("ツバメ") and _KANA_PARTICLE.search(before):
        return kana[end - 1] in "市区町村県都" or _KANA_RIGHT_SURE.match(kana, end) is not None
    return False


def is_answer_in_kana(kana: str, start: int, end: int) -> bool:
    """Whether the message is nothing but this reading (つばめ)."""
    return bool(_KANA_ANSWER_BEFORE.match(kana[:start]) and _KANA_ANSWER_AFTER.match(kana[end:]))


def is_short_in_kana(kana: str, start: int, end: int) -> bool:
    """Whether a reading opens a sentence about what the company does there (ナガオカデ…)."""
    before = kana[max(0, start - _TAIL) : start]
    return (
        end - start >= len("ツバメ")
        and _KANA_SHORT_BEFORE.search(before) is not None
        and _KANA_SHORT_AFTER.match(kana, end) is not None
    )
