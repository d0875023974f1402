"""Sealing, opening and hashing, apart from any database."""

import base64
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.vault.cipher import Vault, parse
from desk.vault.errors import SealBrokenError, UnknownKeyError
from desk.vault.keys import KeyFile
from desk.vault.lookups import LookupKind, normalise

HERE = {"context": "case.contact", "row": "01"}
ANY_TEXT = st.text(st.characters(codec=None, categories=None))
"""Also half characters, which JSON can hold."""


@pytest.fixture(scope="module")
def lasting() -> Vault:
    with TemporaryDirectory() as folder:
        file = KeyFile(Path(folder) / "keys.json")
        file.create()
        yield Vault(file)


class TestSeal:
    @given(text=ANY_TEXT, context=st.from_regex(r"[a-z_]+\.[a-z_]+", fullmatch=True))
    def test_what_was_sealed_opens_again(self, lasting: Vault, text: str, context: str):
        token = lasting.seal(text, context=context, row="01")

        assert lasting.open(token, context=context, row="01") == (text, "01")

    def test_same_value_is_never_sealed_the_same_way(self, vault: Vault):
        tokens = {vault.seal("x", **HERE) for _ in range(100)}

        assert len(tokens) == 100

    @pytest.mark.parametrize("place", [{"context": "case.headline"}, {"row": "02"}])
    def test_moved_value_does_not_open(self, vault: Vault, place: dict[str, str]):
        token = vault.seal("x", **HERE)

        with pytest.raises(SealBrokenError):
            vault.open(token, **(HERE | place))

    def test_value_under_the_name_of_another_row_does_not_open(self, vault: Vault):
        version, key, _, data = vault.seal("x", **HERE).split(":")

        with pytest.raises(SealBrokenError):
            vault.open(f"{version}:{key}:02:{data}", context="case.contact", row="02")

    @given(value=st.binary(max_size=300))
    def test_bytes_open_again_and_take_no_third_more(self, lasting: Vault, value: bytes):
        token = lasting.seal_bytes(value, **HERE)

        assert lasting.open_bytes(token, **HERE) == (value, "01")
        assert len(token) - len(value) < 60

    @pytest.mark.parametrize("place", [{"context": "case.headline"}, {"row": "02"}])
    def test_moved_bytes_do_not_open(self, vault: Vault, place: dict[str, str]):
        token = vault.seal_bytes(b"x", **HERE)

        with pytest.raises(SealBrokenError):
            vault.open_bytes(token, **(HERE | place))

    @pytest.mark.parametrize("stored", [b"", b"plain", b"v1:a", b"v2:a:01:x", b"v1:\xff:01:x"])
    def test_bytes_that_nobody_sealed_do_not_open(self, vault: Vault, stored: bytes):
        with pytest.raises(SealBrokenError):
            vault.open_bytes(stored, **HERE)

    @given(position=st.integers(0, 28), bit=st.integers(0, 7))
    def test_no_changed_bit_goes_unnoticed(self, lasting: Vault, position: int, bit: int):
        token = lasting.seal("x", **HERE)
        data = bytearray(parse(token, context="c").data)
        data[position % len(data)] ^= 1 << bit
        head = token.rsplit(":", 1)[0]

        with pytest.raises(SealBrokenError):
            lasting.open(f"{head}:{base64.b64encode(data).decode()}", **HERE)

    @pytest.mark.parametrize("stored", ["", "x", "v1:a", "v2:a:b:YWE=", "v1:a:b:?", "plain:x"])
    def test_what_is_not_sealed_is_refused(self, vault: Vault, stored: str):
        with pytest.raises(SealBrokenError):
            vault.open(stored, **HERE)

    def test_refusal_tells_no_value(self, vault: Vault):
        token = vault.seal("himitsu", **HERE)

        with pytest.raises(SealBrokenError) as refused:
            vault.open(token, context="case.headline")

        assert token not in str(refused.value)


class TestKeys:
    def test_new_key_seals_and_old_ones_open(self, vault: Vault, key_file: KeyFile):
        old = vault.seal("x", **HERE)

        key = key_file.add()

        assert parse(vault.seal("x", **HERE), context="c").key_id == key.id
        assert vault.open(old, **HERE)[0] == "x"

    def test_running_process_opens_what_another_sealed_with_a_newer_key(
        self, vault: Vault, key_file: KeyFile
    ):
        key_file.add()
        token = Vault(key_file).seal("x", **HERE)

        assert vault.open(token, **HERE)[0] == "x"

    def test_running_process_goes_on_when_the_file_is_gone(self, vault: Vault, key_file: KeyFile):
        token = vault.seal("x", **HERE)
        key_file.path.unlink()

        assert vault.open(token, **HERE)[0] == "x"

    def test_value_of_an_unknown_key_names_the_key(self, vault: Vault, tmp_path: Path):
        other = KeyFile(tmp_path / "other.json")
        key = other.create()
        token = Vault(other).seal("x", **HERE)

        with pytest.raises(UnknownKeyError, match=key.id):
            vault.open(token, **HERE)


class TestHash:
    @pytest.mark.parametrize(
        "spelling",
        ["090-1234-5678", "09012345678", "０９０（１２３４）５６７８", "+81 90-1234-5678"],
    )
    def test_phone_is_found_in_any_spelling(self, vault: Vault, spelling: str):
        assert vault.hash(LookupKind.PHONE, spelling) == vault.hash(
            LookupKind.PHONE, "090 1234 5678"
        )

    def test_mail_address_is_found_in_any_case_and_width(self, vault: Vault):
        assert vault.hash(LookupKind.EMAIL, " Ｔaro@Example.JP ") == vault.hash(
            LookupKind.EMAIL, "taro@example.jp"
        )

    def test_line_ids_keep_their_case(self):
        assert normalise(LookupKind.LINE_ID, "Uab") != normalise(LookupKind.LINE_ID, "uAB")

    def test_kinds_do_not_meet(self, vault: Vault):
        hashes = {vault.hash(kind, "0901") for kind in LookupKind}

        assert len(hashes) == len(LookupKind)

    @pytest.mark.parametrize("kind", LookupKind)
    def test_nothing_has_no_hash(self, vault: Vault, kind: LookupKind):
        assert vault.hash(kind, "　 ") is None
        assert vault.hashes(kind, "") == []

    def test_hash_needs_the_key(self, vault: Vault, tmp_path: Path):
        other = KeyFile(tmp_path / "other.json")
        other.create()

        mine = vault.hash(LookupKind.PHONE, "0901")
        theirs = Vault(other).hash(LookupKind.PHONE, "0901")

        assert mine is not None
        assert theirs is not None
        assert mine.split(".")[1] != theirs.split(".")[1]

    def test_hashes_of_every_key_are_looked_for(self, vault: Vault, key_file: KeyFile):
        old = vault.hash(LookupKind.PHONE, "0901")
        key_file.add()

        assert old in vault.hashes(LookupKind.PHONE, "0901")
        assert vault.hash(LookupKind.PHONE, "0901") in vault.hashes(LookupKind.PHONE, "0901")
