"""What owners read about files is what the settings say."""

from advisor.knowledge import KnowledgeBase
from desk.line.texts import LineTexts


class TestOfKeptFile:
    def test_it_says_how_long_and_how_large(self, knowledge: KnowledgeBase):
        words = LineTexts(knowledge, keep_files_days=30, most_mb=5).of_kept_file(is_guarded=False)

        assert "30日ほどで消します" in words
        assert "5MBより大きいもの" in words

    def test_what_is_kept_for_ever_is_not_said_to_be_deleted(self, knowledge: KnowledgeBase):
        words = LineTexts(knowledge, keep_files_days=0).of_kept_file(is_guarded=False)

        assert "消します" not in words

    def test_papers_about_people_are_for_the_hub_itself(self, knowledge: KnowledgeBase):
        texts = LineTexts(knowledge, keep_files_days=30)

        assert "窓口で直接お渡しください" in texts.of_kept_file(is_guarded=True)
        assert "窓口で直接お渡しください" not in texts.of_kept_file(is_guarded=False)
