"""Sealed trackers: they open for their own conversation, with their own keys, unchanged."""

import base64

import pytest

from bot.channels.tracker_seal import KEYS, TrackerKeysError, TrackerSeal, TrackerSealError

OLD, NEW = bytes(range(32)), bytes(range(1, 33))
TEXT = '[{"text": "山田太郎です"}]'


def as_text(**keys: bytes) -> str:
    return ",".join(f"{name}:{base64.b64encode(key).decode()}" for name, key in keys.items())


@pytest.fixture
def seal() -> TrackerSeal:
    return TrackerSeal({"new": NEW, "old": OLD})


class TestSeal:
    @pytest.mark.parametrize("text", ["[]", TEXT, '["\ud83d"]', '["' + "長い" * 50_000 + '"]'])
    def test_what_was_sealed_opens_again(self, seal: TrackerSeal, text: str):
        assert seal.open(seal.seal(text, "c"), "c") == text

    def test_nothing_of_it_can_be_read(self, seal: TrackerSeal):
        assert "山田" not in seal.seal(TEXT, "c")

    def test_same_tracker_is_never_sealed_the_same_way(self, seal: TrackerSeal):
        assert len({seal.seal(TEXT, "c") for _ in range(100)}) == 100

    def test_newest_key_seals_and_older_ones_open(self, seal: TrackerSeal):
        old = TrackerSeal({"old": OLD}).seal(TEXT, "c")

        assert seal.open(old, "c") == TEXT
        assert seal.seal(TEXT, "c").startswith("v1:new:")

    def test_tracker_of_another_conversation_does_not_open(self, seal: TrackerSeal):
        with pytest.raises(TrackerSealError, match="of d was changed or moved"):
            seal.open(seal.seal(TEXT, "c"), "d")

    def test_key_that_is_not_there_is_told(self, seal: TrackerSeal):
        stored = seal.seal(TEXT, "c")

        with pytest.raises(TrackerSealError, match="of c is not sealed with a key"):
            TrackerSeal({"old": OLD}).open(stored, "c")

    def test_other_secret_under_the_same_name_does_not_open_it(self, seal: TrackerSeal):
        with pytest.raises(TrackerSealError):
            TrackerSeal({"new": OLD}).open(seal.seal(TEXT, "c"), "c")

    @pytest.mark.parametrize("place", [0, 11, 12, 20, -1])
    def test_no_changed_bit_goes_unnoticed(self, seal: TrackerSeal, place: int):
        head, _, encoded = seal.seal(TEXT, "c").rpartition(":")
        data = bytearray(base64.b64decode(encoded))
        data[place] ^= 1

        with pytest.raises(TrackerSealError):
            seal.open(f"{head}:{base64.b64encode(data).decode()}", "c")

    @pytest.mark.parametrize("stored", ["", "v1", "v1:new:", "v1:new:?", "v2:new:AAAA", TEXT])
    def test_what_is_not_sealed_is_refused(self, seal: TrackerSeal, stored: str):
        with pytest.raises(TrackerSealError):
            seal.open(stored, "c")

    def test_plain_tracker_is_read_where_that_is_wanted(self, seal: TrackerSeal):
        assert seal.open(TEXT, "c", may_be_plain=True) == TEXT

    def test_refusal_tells_no_word_of_the_tracker(self, seal: TrackerSeal):
        with pytest.raises(TrackerSealError) as refused:
            seal.open(TEXT, "c")

        assert "山田" not in str(refused.value)


class TestKeys:
    def test_first_of_the_text_seals(self):
        assert TrackerSeal.from_text(as_text(new=NEW, old=OLD)).key_id == "new"

    @pytest.mark.parametrize(
        "text", [None, "", "new", "new:", "new:?", "new:AAAA", ",", as_text(new=NEW) + ","]
    )
    def test_anything_else_is_refused_with_the_remedy(self, text: "str | None"):
        with pytest.raises(TrackerKeysError, match="jinjibu keys trackers"):
            TrackerSeal.from_text(text)

    def test_refusal_tells_no_key(self):
        with pytest.raises(TrackerKeysError) as refused:
            TrackerSeal.from_text("new:c2VjcmV0")

        assert "c2VjcmV0" not in str(refused.value)

    def test_they_come_from_the_environment(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv(KEYS, as_text(env=NEW))

        assert TrackerSeal.from_environment().key_id == "env"

    def test_without_them_there_is_no_seal(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.delenv(KEYS, raising=False)

        with pytest.raises(TrackerKeysError, match="is not set"):
            TrackerSeal.from_environment()
