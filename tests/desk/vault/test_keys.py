"""The key file: private, whole at any moment, and never replaced unasked."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from desk.vault.errors import KeyFileBrokenError, KeyFileMissingError
from desk.vault.keys import KeyFile


class TestCreate:
    def test_only_its_owner_may_read_it(self, key_file: KeyFile):
        assert stat.S_IMODE(key_file.path.stat().st_mode) == 0o600

    def test_creating_again_keeps_the_key(self, key_file: KeyFile):
        before = key_file.read()

        key_file.create()

        assert key_file.read() == before

    def test_secret_is_not_shown_with_the_key(self, key_file: KeyFile):
        key = key_file.read()[0]

        assert "secret" not in repr(key)


class TestChange:
    def test_newest_key_is_the_last(self, key_file: KeyFile):
        first = key_file.read()[0]

        added = key_file.add()

        assert key_file.read() == [first, added]
        assert stat.S_IMODE(key_file.path.stat().st_mode) == 0o600

    def test_keys_added_at_the_same_time_are_all_there(self, key_file: KeyFile):
        with ThreadPoolExecutor(8) as pool:
            added = list(pool.map(lambda _: key_file.add().id, range(16)))

        assert {key.id for key in key_file.read()} > set(added)

    def test_removed_key_is_gone_and_the_others_stay(self, key_file: KeyFile):
        first = key_file.read()[0]
        added = key_file.add()

        key_file.remove(first.id)

        assert key_file.read() == [added]


class TestRead:
    def test_missing_file_is_told_with_its_place(self, key_file: KeyFile):
        key_file.path.unlink()

        with pytest.raises(KeyFileMissingError, match=str(key_file.path)):
            key_file.read()

    @pytest.mark.parametrize(
        "content",
        [
            "",
            "{}",
            "[]",
            '{"format": 1, "keys": []}',
            '{"format": 1, "keys": [{"id": "0123abcd"}]}',
            '{"format": 1, "keys": [{"id": "0123abcd", "secret": "c2hvcnQ=", "created_at": "x"}]}',
            "\udcff",
        ],
    )
    def test_anything_else_is_refused(self, key_file: KeyFile, content: str):
        key_file.path.write_bytes(content.encode("utf-8", "surrogateescape"))

        with pytest.raises(KeyFileBrokenError):
            key_file.read()

    def test_format_of_a_newer_version_is_refused(self, key_file: KeyFile):
        content = json.loads(key_file.path.read_text())
        key_file.path.write_text(json.dumps({**content, "format": 2}))

        with pytest.raises(KeyFileBrokenError):
            key_file.read()
