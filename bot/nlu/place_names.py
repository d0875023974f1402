"""Every way to write a place, made from the tables in `knowledge/places`.

A *form* is one spelling (燕市, 燕, 新潟県, 県北, ツバメシ). It knows which places it can mean and
how much context it needs before it counts as a place: 松本 is a surname, 国立 a word, 塩尻 neither.
All forms are folded (`fold`, `fold_kana`); folding keeps the length of a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import Any


def _words(text: str) -> frozenset[str]:
    """The words of a list written with spaces."""
    return frozenset(text.split())


_FOLDED = str.maketrans("ヶヵ龍澤濱條國廣櫻檜嶽", "ケカ竜沢浜条国広桜桧岳") | {
    upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)
}
_KATAKANA = {code: code + 0x60 for code in range(ord("ぁ"), ord("ゖ") + 1)}
_KATAKANA[ord("ゖ")] = ord("ケ")
# Which of the two a name is written with few people know: ヌマヅ, ヌマズ.
_ALIKE = str.maketrans("ヅヂ", "ズジ")
_KATAKANA |= {ord("づ"): ord("ズ"), ord("ぢ"): ord("ジ"), **_ALIKE}

# Readings of the 11 prefectures; いばらぎ is what half of Japan says.
_PREFECTURE_KANA = {
    "茨城県": ("イバラキ", "イバラギ"),
    "栃木県": ("トチギ",),
    "群馬県": ("グンマ",),
    "埼玉県": ("サイタマ",),
    "千葉県": ("チバ",),
    "東京都": ("トウキョウ",),
    "神奈川県": ("カナガワ",),
    "新潟県": ("ニイガタ",),
    "山梨県": ("ヤマナシ",),
    "長野県": ("ナガノ",),
    "静岡県": ("シズオカ",),
}
_PREFECTURE_SUFFIX_KANA = {"県": "ケン", "都": "ト"}
# Short forms that are also surnames, given names or companies: they need strong context.
_SURNAMES = _words(
    "結城 高萩 笠間 石岡 古河 鹿嶋 守谷 那珂 桜川 坂東 足利 佐野 小山 矢板 日光 下野 高崎 桐生 太田 沼田 "
    "館林 渋川 藤岡 富岡 安中 川越 熊谷 川口 本庄 深谷 戸田 入間 北本 富士見 日高 吉川 白岡 市川 野田 茂原 "
    "成田 佐倉 柏 蕨 燕 勝浦 市原 浦安 白井 富里 香取 千代田 品川 目黒 渋谷 中野 豊島 荒川 板橋 練馬 足立 "
    "立川 府中 町田 日野 羽村 川崎 平塚 鎌倉 藤沢 三浦 秦野 厚木 大和 綾瀬 長岡 三条 柏崎 加茂 村上 五泉 見附 "
    "大月 甲斐 笛吹 松本 上田 岡谷 飯田 諏訪 飯山 茅野 大町 三島 伊東 島田 富士 磐田 藤枝 袋井 下田 菊川 日立 "
    "幸手 狭山 君津 青梅 墨田 江東 那須 木曽 佐久 鹿島 秩父 千葉 長野 石川 福島 宮崎 山口 福井 香川 秋田 "
    "大分 吉田 高田 清水 大宮 里美 多賀 波田 安曇 十王"
)
# Short forms that are everyday words, or parts of other names: only with their prefecture.
_WORDS = _words(
    "旭 国立 行方 和光 境 原 森 栄 昭和 信濃 朝日 東海 長生 明和 開成 瑞穂 大井 美里 利根 "
    "平谷 川場 滑川 日の出 協和 三和 総和 大洋 美和 豊里 白沢 中里 中道 中富 大東 六合 若草 双葉 六郷 "
    "新田 境川 赤城 江南 大里 河内 水上 海上 花園 岬 菖蒲 白浜 下総 北浦 明野 桂 大平 西方 川里 "
    "玉川 川本 子持 吹上 新治 西川 山方 中郷 牧 小国 巻 鼎 大岡 中条 小川 中川 川上 "
    "中間 出水 日向 日進 三次 南国 海南 雲南 北上 北斗 奥州 向日 朝来 垂水 湖南 大野 松原 光 白山 南陽 平川 "
    "田原 南城 山県 大川 関 呉 萩 あま みやま さくら みどり"
)
# Directions and fragments: no short form of a place at all.
_NO_NAMES = _words("中央 港 北 東 南部 東部 下部 新 六日 信州新 さいたま")
# Kana short forms that are common words: no answer even when they stand alone.
_KANA_WORDS = _words(
    "キタ ナカ ハラ モリ カモ クキ シキ タマ ナス タコ ミナト ネバ カイ ドウシ ツル サカエ オミ ミツケ ヒノデ "
    "ミホ ハガ アガ シロイ サク シンジュク"
)
# Not surnames and no words: short forms of towns and villages that need no strong context.
_DISTINCT_TOWNS = _words(
    "大子 軽井沢 小布施 箱根 湯河原 九十九里 八丈 阿見 邑楽 嬬恋 身延 山中湖 富士河口湖 南箕輪 函南 長泉 聖籠 "
    "出雲崎 下諏訪 みなかみ ときがわ 毛呂山 寄居 酒々井 大多喜 鋸南 南木曽 木島平 野沢温泉 小鹿野"
)
# Districts called after their chief city: the bare name is the city, 諏訪地方 the district.
_CITY_FIRST = _words("秩父 諏訪 佐久")
_DISTRICT_WORDS = ("地方", "地域", "地区", "エリア", "圏", "方面")
_SUFFIX = re.compile(r"[市区町村]$")
_WARD = re.compile(r"(.+?市)(.+区)")
_COUNTY = re.compile(r"(.+?郡).+[町村]$")


def fold(text: str) -> str:
    """`text` with variant characters and case made one; every offset stays."""
    return text.translate(_FOLDED)


def fold_kana(text: str) -> str:
    """`text` in katakana, with ズ for ヅ and ジ for ヂ; every offset stays."""
    return text.translate(_KATAKANA)


class Care(IntEnum):
    """How much context a form needs before it is taken for a place."""

    PLAIN = 0
    STRICT = 1
    PREFECTURE = 2  # only beside the name of its prefecture


class FormKind(Enum):
    """What a form is."""

    PREFECTURE = "prefecture"  # 新潟県
    PREFECTURE_SHORT = "prefecture_short"  # 新潟
    FULL = "full"  # 燕市, 久慈郡大子町, 新潟市中央区, 吉田町
    SHORT = "short"  # 燕
    AREA = "area"  # 県北


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One municipality."""

    name: str
    prefecture: str
    is_inside: bool

    @property
    def full_name(self) -> str:
        """Name with prefecture: 新潟県燕市."""
        return self.prefecture + self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One meaning of a form; of several, those of the lowest rank count."""

    target: Target
    rank: int
    care: Care


@dataclass(slots=True, kw_only=True)
class Form:
    """One spelling and what it can mean."""

    kind: FormKind
    name: str = ""  # prefecture or area that it stands for
    care: Care = Care.PLAIN
    options: list[Option] = field(default_factory=list)

    @property
    def is_prefecture(self) -> bool:
        """Whether it names a prefecture."""
        return self.kind in (FormKind.PREFECTURE, FormKind.PREFECTURE_SHORT)

    def targets(self, prefecture: str | None) -> tuple[tuple[Target, ...], Care]:
        """Places it means, in the given prefecture or anywhere, and the care it needs."""
        if prefecture is not None:
            fitting = [one for one in self.options if one.target.prefecture == prefecture]
        else:
            fitting = [one for one in self.options if one.care < Care.PREFECTURE]
        if not fitting:
            return (), Care.PREFECTURE
        best = min(one.rank for one in fitting)
        chosen = [one for one in fitting if one.rank == best]
        care = max(self.care, *(one.care for one in chosen))
        return tuple(dict.fromkeys(one.target for one in chosen)), care


class FormTable:
    """Forms, found by the position they begin at."""

    def __init__(self) -> None:
        """An empty table."""
        self.forms: dict[str, Form] = {}
        self._lengths: dict[str, tuple[int, ...]] = {}

    def add(self, text: str, kind: FormKind, option: Option | None = None, name: str = "") -> Form:
        """Add a meaning to a form; the first kind a form is given stays."""
        form = self.forms.setdefault(text, Form(kind=kind, name=name))
        if option is not None and option.target not in [one.target for one in form.options]:
            form.options.append(option)
        return form

    def seal(self) -> None:
        """Make the index by first character; call once after the last `add`."""
        lengths: dict[str, set[int]] = {}
        for text in self.forms:
            lengths.setdefault(text[0], set()).add(len(text))
        self._lengths = {
            char: tuple(sorted(sizes, reverse=True)) for char, sizes in lengths.items()
        }

    def at(self, text: str, start: int) -> Iterable[tuple[int, Form]]:
        """(end, form) of the forms that `text` holds at `start`, longest first."""
        if start >= len(text):
            return
        for size in self._lengths.get(text[start], ()):
            form = self.forms.get(text[start : start + size])
            # A slice past the end of the text is a shorter form, which has its turn later.
            if form is not None and start + size <= len(text):
                yield start + size, form


class Lexicon:
    """All forms: `written` over folded text, `read` and `read_short` over kana-folded text."""

    def __init__(self, tables: Mapping[str, Any]) -> None:
        """Build the forms.

        Args:
            tables: `municipalities` (list), `outside` (prefecture → names), `areas` (list), each
                as it stands in the YAML file of that name.
        """
        self.written, self.read, self.read_short = FormTable(), FormTable(), FormTable()
        inside = [
            (Target(name=row["name"], prefecture=row["prefecture"], is_inside=True), row)
            for row in tables["municipalities"]
        ]
        self.inside_prefectures = tuple(dict.fromkeys(target.prefecture for target, _ in inside))
        self._add_areas(tables["areas"], {target.name: target for target, _ in inside})
        self._add_prefectures([*self.inside_prefectures, *tables["outside"]])
        for target, row in inside:
            self._add_municipality(target, row["aliases"])
            self._add_reading(target, row["kana"])
        for prefecture, names in tables["outside"].items():
            for name in dict.fromkeys(names):
                self._add_outside(Target(name=name, prefecture=prefecture, is_inside=False))
        for table in (self.written, self.read, self.read_short):
            table.seal()

    def home_city(self, prefecture: str) -> Target | None:
        """The city of a prefecture that shares its short name (新潟市), if there is one."""
        form = self.written.forms.get(fold(prefecture[:-1] + "市"))
        targets = form.targets(prefecture)[0] if form else ()
        if prefecture == "埼玉県":
            targets = self.written.forms[fold("さいたま市")].targets(prefecture)[0]
        return targets[0] if targets else None

    def _add_areas(self, areas: Sequence[Mapping[str, Any]], by_name: Mapping[str, Target]) -> None:
        for area in areas:
            text = fold(area["name"])
            care = Care.STRICT if area["name"] in _SURNAMES else Care.PLAIN
            for name in area["candidates"]:
                option = Option(target=by_name[name], rank=0, care=care)
                for form in self._area_forms(area["name"], text):
                    self.written.add(form, FormKind.AREA, option, name=area["name"])

    @staticmethod
    def _area_forms(name: str, text: str) -> tuple[str, ...]:
        """The spellings of an area; one called after its chief city needs a word like 地方."""
        if name in _CITY_FIRST:
            return tuple(text + word for word in _DISTRICT_WORDS)
        return (text,)

    def _add_prefectures(self, prefectures: Iterable[str]) -> None:
        for prefecture in prefectures:
            self.written.add(fold(prefecture), FormKind.PREFECTURE, name=prefecture)
            short = prefecture[:-1]
            if prefecture != "北海道":
                form = self.written.add(fold(short), FormKind.PREFECTURE_SHORT, name=prefecture)
                form.care = Care.STRICT if short in _SURNAMES else Care.PLAIN
            suffix = _PREFECTURE_SUFFIX_KANA.get(prefecture[-1], "")
            for reading in _PREFECTURE_KANA.get(prefecture, ()):
                self.read.add(reading + suffix, FormKind.PREFECTURE, name=prefecture)
                self.read.add(f"{reading} {suffix}", FormKind.PREFECTURE, name=prefecture)
                self.read.add(reading + prefecture[-1], FormKind.PREFECTURE, name=prefecture)
                self.read_short.add(reading, FormKind.PREFECTURE_SHORT, name=prefecture)
        self.written.add("都内", FormKind.PREFECTURE, name="東京都")
        self.written.add("さいたま", FormKind.PREFECTURE_SHORT, name="埼玉県")

    def _add_municipality(self, target: Target, aliases: Iterable[str]) -> None:
        full = Option(target=target, rank=0, care=Care.PLAIN)
        self.written.add(fold(target.name), FormKind.FULL, full)
        self._add_short(target, target.name[:-1], rank=1)
        for alias in sorted(aliases, key=lambda alias: bool(_SUFFIX.search(alias))):
            if not _SUFFIX.search(alias):
                self._add_short(target, alias, rank=1, spoken=True)
                continue
            self.written.add(fold(alias), FormKind.FULL, full)
            if ward := _WARD.fullmatch(alias):
                self.written.add(fold(ward[2]), FormKind.FULL, full)
            elif county := _COUNTY.match(alias):
                self.written.add(fold(county[1]), FormKind.AREA, full, name=county[1])
            elif not alias.endswith(target.name):
                self._add_short(target, alias[:-1], rank=2)

    def _add_short(self, target: Target, short: str, *, rank: int, spoken: bool = False) -> None:
        """Add a form without 市区町村; `spoken`: hand-picked, so never a mere word."""
        if short in _NO_NAMES:
            return
        is_town = target.name[-1] in "町村" and short not in _DISTINCT_TOWNS and not spoken
        if (short in _WORDS and not spoken) or (rank > 1 and len(short) == 1):
            care = Care.PREFECTURE
        elif short in _SURNAMES or rank > 1 or len(short) == 1 or is_town:
            care = Care.STRICT
        else:
            care = Care.PLAIN
        self.written.add(fold(short), FormKind.SHORT, Option(target=target, rank=rank, care=care))

    def _add_outside(self, target: Target) -> None:
        self.written.add(
            fold(target.name), FormKind.FULL, Option(target=target, rank=0, care=Care.PLAIN)
        )
        short = target.name[:-1]
        is_city = target.name[-1] == "市" and short not in _WORDS
        option = Option(
            target=target,
            rank=1 if is_city else 3,
            care=Care.STRICT if is_city else Care.PREFECTURE,
        )
        self.written.add(fold(short), FormKind.SHORT, option)

    def _add_reading(self, target: Target, kana: str) -> None:
        option = Option(target=target, rank=0, care=Care.PLAIN)
        full = fold_kana(fold(kana))
        short = re.sub(r"(?:シ|ク|マチ|チョウ|ムラ|ソン)$", "", full)
        self.read.add(full, FormKind.FULL, option)
        # ｱｽﾞﾐﾉ ｼ: half-width kana are often typed with a space between the words.
        self.read.add(f"{short} {full[len(short) :]}", FormKind.FULL, option)
        self.read.add(short + target.name[-1], FormKind.FULL, option)
        if short not in _KANA_WORDS and len(short) > 1:
            self.read_short.add(short, FormKind.SHORT, option)
