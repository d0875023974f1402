"""How many people a free answer speaks of."""

import pytest

from advisor.knowledge import KnowledgeBase
from advisor.numerals import NumberReader
from tests.advisor.interpretation.conftest import DONT_KNOW, UNCLEAR, read


class TestNumbers:
    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("25人くらい", 25),
            ("二十五名", 25),
            ("１０人前後", 10),
            ("25", 25),
            ("６〜２０人", 13),
            ("20〜30人", 25),
            ("20人から30人くらい", 25),
            ("二十人から三十人", 25),
            ("5、6人", 5),
            ("社員8人とパート12人で20人", 20),
            ("私含めて三人です", 3),
            ("創業50年で30人", 30),
            ("百二十人", 120),
            ("千人", 1000),
            ("1万人", 10_000),
            ("2千人くらい", 2000),
            ("一〇人", 10),
            ("1,200名", 1200),
            ("ひとりでやってる", 1),
            ("夫婦だけ", 2),
            ("十人くらいだっぺ", 10),
            ("ﾊﾟｰﾄ入れて15人", 15),
            ("5人くらいまで", 5),
            ("②", 35),
            ("30と20と10", UNCLEAR),
            ("30人から20人に減った", 30),
            ("0人", UNCLEAR),
            ("99999999人", UNCLEAR),
            ("燕市です", UNCLEAR),
            ("創業50年", UNCLEAR),
            ("わからない", DONT_KNOW),
            ("さあ", DONT_KNOW),
            ("数はちょっと把握していないなあ", DONT_KNOW),
        ],
    )
    def test_people_are_counted(self, small: KnowledgeBase, text: str, value: object) -> None:
        assert read(small, "employees", text) == value

    def test_an_entity_of_the_understanding_goes_first(self, small: KnowledgeBase) -> None:
        entities = [{"entity": "employees", "value": 12}]

        assert read(small, "employees", "10年前から12人", entities=entities) == 12

    def test_an_entity_that_is_no_number_is_passed_over(self, small: KnowledgeBase) -> None:
        entities = [{"entity": "employees", "value": "many"}]

        assert read(small, "employees", "12人", entities=entities) == 12

    @pytest.mark.parametrize(
        ("word", "value"), [("二百三", 203), ("万", 10_000), ("三万五千", 35_000), ("12", 12)]
    )
    def test_numerals(self, small: KnowledgeBase, word: str, value: int) -> None:
        assert NumberReader(small).read(word) == value
