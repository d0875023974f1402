"""Places in owner messages: what is found, what is left alone, and where the company stands."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from bot.nlu.places import PlaceFinder, PlaceKind, PlaceMention, company_place

FOLDER = Path(__file__).resolve().parents[2] / "knowledge" / "places"


@pytest.fixture(scope="module")
def finder() -> PlaceFinder:
    return PlaceFinder.from_folder(FOLDER)


def found(finder: PlaceFinder, text: str) -> PlaceMention:
    """The one place in a message."""
    (mention,) = finder.find(text)
    return mention


# Message, canonical name, prefecture: the one place of the message, and not to be asked back.
CERTAIN = [
    # full names
    ("燕市で金属加工をしています", "燕市", "新潟県"),
    ("新潟県燕市です", "燕市", "新潟県"),
    ("茨城県 日立市", "日立市", "茨城県"),
    ("久慈郡大子町", "大子町", "茨城県"),
    ("茨城県久慈郡大子町の旅館です", "大子町", "茨城県"),
    ("三島郡出雲崎町", "出雲崎町", "新潟県"),
    ("群馬県北群馬郡吉岡町", "吉岡町", "群馬県"),
    ("埼玉県南埼玉郡宮代町", "宮代町", "埼玉県"),
    ("東京都渋谷区です", "渋谷区", "東京都"),
    ("主力工場松本市", "松本市", "長野県"),
    ("長野県原村", "原村", "長野県"),
    # one name inside another
    ("千葉市川市", "市川市", "千葉県"),
    ("栃木市貝町", "市貝町", "栃木県"),
    ("山梨市川三郷町", "市川三郷町", "山梨県"),
    ("東松山で運送", "東松山市", "埼玉県"),
    ("伊豆の国市", "伊豆の国市", "静岡県"),
    ("伊豆長岡で旅館", "伊豆の国市", "静岡県"),
    ("上福岡市です", "ふじみ野市", "埼玉県"),
    ("長野原で宿", "長野原町", "群馬県"),
    # spellings
    ("龍ヶ崎市", "龍ケ崎市", "茨城県"),
    ("竜ケ崎の会社", "龍ケ崎市", "茨城県"),
    ("茅ケ崎で", "茅ヶ崎市", "神奈川県"),
    ("筑波の研究開発会社", "つくば市", "茨城県"),
    ("長野県塩尻氏で機械せいぞう", "塩尻市", "長野県"),
    # short names
    ("塩尻です", "塩尻市", "長野県"),
    ("塩尻", "塩尻市", "長野県"),
    ("塩尻は求人が難しい", "塩尻市", "長野県"),
    ("長岡", "長岡市", "新潟県"),
    ("はい、三島です", "三島市", "静岡県"),
    ("三島に工場があります", "三島市", "静岡県"),
    ("松本で菓子を作っています", "松本市", "長野県"),
    ("松本駅前で居酒屋", "松本市", "長野県"),
    ("長岡の建設会社です", "長岡市", "新潟県"),
    ("製造業です、松本です、20人です", "松本市", "長野県"),
    ("建設業 長岡 15人", "長岡市", "新潟県"),
    ("大子さ住んでんだ", "大子町", "茨城県"),
    ("日立で部品加工の下請けをしています", "日立市", "茨城県"),
    ("日立の町工場です", "日立市", "茨城県"),
    ("新潟の燕で研磨屋やってます", "燕市", "新潟県"),
    ("茨城・日立", "日立市", "茨城県"),
    ("静岡の三島", "三島市", "静岡県"),
    ("柏です", "柏市", "千葉県"),
    ("東京の国立です", "国立市", "東京都"),
    # kana
    ("つばめしです", "燕市", "新潟県"),
    ("まつもとし", "松本市", "長野県"),
    ("ﾂﾊﾞﾒｼ", "燕市", "新潟県"),
    ("つばめ", "燕市", "新潟県"),
    ("つばめ市、社員10人", "燕市", "新潟県"),
    ("みとしです", "水戸市", "茨城県"),
    ("にいがたけんつばめし", "燕市", "新潟県"),
    ("新潟県つばめ市", "燕市", "新潟県"),
    ("ﾅｶﾞｵｶｼﾉｹﾝｾﾂｶﾞｲｼｬﾃﾞｽ", "長岡市", "新潟県"),
    ("うちはながおかでたてぐやをやっています", "長岡市", "新潟県"),
    ("いばらぎけんだいごまち", "大子町", "茨城県"),
    # wards and former names
    ("新潟市中央区", "新潟市", "新潟県"),
    ("新潟市 中央区です", "新潟市", "新潟県"),
    ("秋葉区で", "新潟市", "新潟県"),
    ("浜松市中区", "浜松市", "静岡県"),
    ("直江津で運送業", "上越市", "新潟県"),
    ("上越、土木、46人らて", "上越市", "新潟県"),
    ("高崎、卸売、約150", "高崎市", "群馬県"),
    ("ﾅｶﾞｵｶの鉄工所 25名", "長岡市", "新潟県"),
    ("みしまのまちこうばです", "三島市", "静岡県"),
    ("酒蔵だよ。諏訪の。蔵人と事務で17人かな", "諏訪市", "長野県"),
    ("太田の自動車部品です", "太田市", "群馬県"),
    ("旧清水市", "静岡市", "静岡県"),
    ("大宮の会社です", "さいたま市", "埼玉県"),
    ("新潟の吉田です", "燕市", "新潟県"),
    ("楢川で漆器", "塩尻市", "長野県"),
    ("金砂郷", "常陸太田市", "茨城県"),
    # the prefecture decides between two
    ("東京都府中市", "府中市", "東京都"),
    ("長野県南牧村", "南牧村", "長野県"),
    ("長野の中野", "中野市", "長野県"),
    ("栃木の小山です", "小山市", "栃木県"),
    # an address goes on after the municipality
    ("三島市清水町", "三島市", "静岡県"),
    ("日立市日高町", "日立市", "茨城県"),
    ("燕市吉田の金型屋", "燕市", "新潟県"),
    ("水戸市内原町", "水戸市", "茨城県"),
]

# No place at all.
TRAPS = [
    "日立製作所の下請けです",
    "日立グループの会社です",
    "日立さんの仕事",
    "日立の下請けをしています",
    "日立に部品を納めています",
    "日立を定年した人",
    "女子大子会社",
    "三島さんが辞めた",
    "三島がやめたいと言っている",
    "三島は今日休みです",
    "三島由紀夫が好き",
    "三島です。よろしくお願いします",
    "長岡さんに聞いた",
    "長岡部長が",
    "長岡に任せている",
    "社員の長岡が辞めたいと言ってきた",
    "社長岡本です",
    "長岡技術科学大学の学生",
    "私は松本です",
    "お世話になります。松本です",
    "松本と申します",
    "担当の松本です",
    "松本君が辞めた",
    "松本、辞めるってよ",
    "松本製作所",
    "株式会社松本です",
    "(株)長岡塗装です",
    "燕が巣を作った",
    "燕の巣",
    "燕返し",
    "高崎線",
    "上越新幹線",
    "諏訪湖",
    "木曽川",
    "湘南新宿ライン",
    "箱根駅伝",
    "長岡市場",
    "就業規則第三条",
    "国立大学",
    "中央大学",
    "中間管理職がいない",
    "三次の下請けです",
    "大分減った",
    "見込みとして",
    "津波の被害",
    "光で照らす",
    "柏餅",
    "旭化成",
    "富士通の下請け",
    "清水建設の下請け",
    "千葉さんが休んでいる",
    "千葉銀行",
    "みどりの窓口",
    "さくらが咲いた",
    "むつかしい",
    "もうきた",
    "なかのではなく",
    "社員が続かない",
    "",
]

# Message, name, prefecture, candidates that must be offered: to be asked back.
AMBIGUOUS = [
    ("府中市", "府中市", "", {"東京都府中市", "広島県府中市"}),
    ("府中です", "府中市", "", {"東京都府中市", "広島県府中市"}),
    ("南牧村", "南牧村", "", {"群馬県南牧村", "長野県南牧村"}),
    ("中野です", "中野", "", {"東京都中野区", "長野県中野市"}),
    ("小山の工場", "小山", "", {"栃木県小山市", "静岡県小山町"}),
    ("草津で旅館", "草津", "", {"群馬県草津町", "滋賀県草津市"}),
    ("吉田町です", "吉田町", "", {"新潟県燕市", "静岡県吉田町"}),
    ("清水で缶詰工場", "清水", "静岡県", {"静岡県静岡市", "静岡県清水町"}),
    ("北区です", "北区", "", {"東京都北区", "新潟県新潟市", "埼玉県さいたま市"}),
    ("おおたです", "おおた", "", {"群馬県太田市", "東京都大田区"}),
    ("燕三条で金属加工", "燕三条", "新潟県", {"新潟県燕市", "新潟県三条市"}),
    ("県北です", "県北", "", {"茨城県日立市", "茨城県大子町", "栃木県那須塩原市"}),
    ("茨城の県北の会社", "県北", "茨城県", {"茨城県日立市", "茨城県大子町"}),
    ("茨城県北", "県北", "茨城県", {"茨城県日立市", "茨城県常陸太田市"}),
    ("静岡県東部", "県東部", "静岡県", {"静岡県三島市", "静岡県沼津市"}),
    ("伊豆の旅館", "伊豆", "静岡県", {"静岡県三島市", "静岡県伊豆市"}),
    ("久慈郡です", "久慈郡", "茨城県", {"茨城県大子町"}),
    ("新潟で", "新潟県", "新潟県", {"新潟県新潟市"}),
    ("静岡です", "静岡県", "静岡県", {"静岡県静岡市"}),
    ("さいたまの会社", "埼玉県", "埼玉県", {"埼玉県さいたま市"}),
    ("伊達市", "伊達市", "", {"北海道伊達市", "福島県伊達市"}),
]

# Message and the place of the company, None where the message does not say.
COMPANY = [
    ("本社は松本、工場は塩尻", "松本市"),
    ("本社は東京、工場は長岡です", "東京都"),
    ("取引先は長岡、うちは燕です", "燕市"),
    ("支店は長岡、本社は新潟市です", "新潟市"),
    ("さっき燕市って言ったけど本社は三条市だった", "三条市"),
    ("松本市じゃなくて安曇野市のまちがいです", "安曇野市"),
    ("うちは長岡じゃなくて見附", "見附市"),
    ("隣の弥彦村に倉庫があるけど会社は燕市です", "燕市"),
    ("塩尻市、松本から通う社員が多い", "塩尻市"),
    ("新潟県です。燕市です", "燕市"),
    ("県央の燕市です", "燕市"),
    ("新潟県", "新潟県"),
    ("会社は茨城にあります", "茨城県"),
    ("塩尻の窓口の電話", "塩尻市"),
    ("東御市の出身で、いまは上田で工場をやっています", "上田市"),
    ("松本から通っている社員がいる", None),
    ("東京に出て行く若者ばかりだ", None),
    ("東京から在宅で働いてもらう", None),
    ("長岡に営業所があります", None),
    ("佐渡から出荷しています", None),
    ("燕と三条に工場があります", None),
    ("燕市・三条市", None),
    ("長野県と山梨県", None),
    ("人が続かない", None),
]


class TestFinding:
    @pytest.mark.parametrize(("text", "name", "prefecture"), CERTAIN)
    def test_a_municipality_is_found_by_its_canonical_name(
        self, finder: PlaceFinder, text: str, name: str, prefecture: str
    ) -> None:
        mention = found(finder, text)

        assert (mention.name, mention.prefecture) == (name, prefecture)
        assert mention.kind is PlaceKind.MUNICIPALITY
        assert not mention.ambiguous
        assert mention.candidates == ()

    @pytest.mark.parametrize("text", TRAPS)
    def test_people_companies_and_words_are_no_places(self, finder: PlaceFinder, text: str) -> None:
        assert finder.find(text) == []

    @pytest.mark.parametrize(("text", "name", "prefecture", "candidates"), AMBIGUOUS)
    def test_a_name_of_several_places_is_asked_back(
        self, finder: PlaceFinder, text: str, name: str, prefecture: str, candidates: set[str]
    ) -> None:
        mention = found(finder, text)

        assert mention.ambiguous
        assert (mention.name, mention.prefecture) == (name, prefecture)
        assert candidates <= set(mention.candidates)

    @pytest.mark.parametrize(
        ("text", "name", "prefecture"),
        [
            ("大阪市北区で印刷", "大阪市", "大阪府"),
            ("名古屋の港区です", "名古屋市", "愛知県"),
            ("福島県いわき市の会社です", "いわき市", "福島県"),
            ("会津若松の会社", "会津若松市", "福島県"),
            ("津市です", "津市", "三重県"),
            ("堺です", "堺市", "大阪府"),
            ("大阪です", "大阪府", "大阪府"),
            ("京都府です", "京都府", "京都府"),
            ("北海道です", "北海道", "北海道"),
        ],
    )
    def test_a_place_beyond_the_eleven_prefectures_is_outside(
        self, finder: PlaceFinder, text: str, name: str, prefecture: str
    ) -> None:
        mention = found(finder, text)

        assert mention.kind is PlaceKind.OUTSIDE
        assert (mention.name, mention.prefecture) == (name, prefecture)

    @pytest.mark.parametrize(
        ("text", "kind"),
        [
            ("新潟県", PlaceKind.PREFECTURE),
            ("新潟です", PlaceKind.PREFECTURE),
            ("都内です", PlaceKind.PREFECTURE),
            ("県北です", PlaceKind.AREA),
            ("信州で味噌", PlaceKind.AREA),
            ("三島郡の会社", PlaceKind.AREA),
        ],
    )
    def test_prefectures_and_areas_are_told_apart(
        self, finder: PlaceFinder, text: str, kind: PlaceKind
    ) -> None:
        assert found(finder, text).kind is kind

    def test_an_area_stays_to_be_asked_back_when_one_candidate_is_left(
        self, finder: PlaceFinder
    ) -> None:
        assert found(finder, "久慈郡です").candidates == ("茨城県大子町",)

    def test_a_prefecture_elsewhere_in_the_message_decides(self, finder: PlaceFinder) -> None:
        town, prefecture = finder.find("府中市の会社です。東京です")

        assert (town.name, town.prefecture, town.ambiguous) == ("府中市", "東京都", False)
        assert prefecture.kind is PlaceKind.PREFECTURE

    def test_a_stated_prefecture_is_told_from_a_known_one(self, finder: PlaceFinder) -> None:
        assert found(finder, "新潟県燕市").prefecture_stated
        assert not found(finder, "燕市").prefecture_stated

    def test_the_items_of_a_list_are_all_found(self, finder: PlaceFinder) -> None:
        names = [one.name for one in finder.find("長岡、三条、燕に工場があります")]

        assert names == ["長岡市", "三条市", "燕市"]


class TestOffsets:
    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("会社は燕市です", "燕市"),
            ("会社は新潟の燕です", "新潟の燕"),
            ("本社ﾂﾊﾞﾒｼです", "ﾂﾊﾞﾒｼ"),
            ("  新潟県　長岡市です", "新潟県　長岡市"),
            ("従業員２５人、龍ヶ崎市", "龍ヶ崎市"),
        ],
    )
    def test_they_refer_to_the_text_as_given(
        self, finder: PlaceFinder, text: str, shown: str
    ) -> None:
        mention = found(finder, text)

        assert mention.text == shown
        assert text[mention.start : mention.end] == shown


class TestCompanyPlace:
    @pytest.mark.parametrize(("text", "name"), COMPANY)
    def test_it_is_the_place_that_the_message_gives_to_the_company(
        self, finder: PlaceFinder, text: str, name: str | None
    ) -> None:
        chosen = company_place(finder.find(text))

        assert (chosen.name if chosen else None) == name

    def test_it_may_be_one_to_ask_back(self, finder: PlaceFinder) -> None:
        chosen = company_place(finder.find("燕三条で洋食器を作っています"))

        assert chosen is not None
        assert chosen.ambiguous

    def test_no_mention_gives_no_place(self) -> None:
        assert company_place([]) is None


class TestStoring:
    def test_a_finder_survives_json(self, finder: PlaceFinder) -> None:
        again = PlaceFinder.from_dict(json.loads(json.dumps(finder.to_dict())))

        for text, *_ in (*CERTAIN, *AMBIGUOUS):
            assert again.find(text) == finder.find(text)

    def test_a_folder_without_the_tables_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError, match=r"municipalities\.yml"):
            PlaceFinder.from_folder(tmp_path)


class TestSpeed:
    def test_a_message_takes_less_than_a_millisecond(self, finder: PlaceFinder) -> None:
        texts = [text for text, *_ in (*CERTAIN, *COMPANY)] + TRAPS
        texts += ["うちは松本で精密部品を削っている三十人の会社で、二年目に人が辞めます。" * 2]

        def seconds() -> float:
            started = time.process_time()
            for text in texts:
                finder.find(text)
            return time.process_time() - started

        assert min(seconds() for _ in range(5)) / len(texts) < 0.001
