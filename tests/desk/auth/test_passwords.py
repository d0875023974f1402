"""Hashing and choosing of passwords."""

import pytest

from desk.auth.errors import PasswordFlaw, PasswordRefusedError
from desk.auth.passwords import (
    MIN_LENGTH,
    Passwords,
    check_new_password,
    one_time_password,
)

pytestmark = pytest.mark.asyncio


class TestPasswords:
    async def test_the_right_password_matches(self, passwords: Passwords) -> None:
        stored = await passwords.hash("correct horse battery")

        assert await passwords.matches(stored, "correct horse battery")

    async def test_another_password_does_not_match(self, passwords: Passwords) -> None:
        stored = await passwords.hash("correct horse battery")

        assert not await passwords.matches(stored, "correct horse batterz")

    async def test_full_width_letters_are_the_same_password(self, passwords: Passwords) -> None:
        stored = await passwords.hash("correct horse 1")

        assert await passwords.matches(stored, "\uff43orrect horse \uff11")

    async def test_nobody_matches_without_an_account(self, passwords: Passwords) -> None:
        assert not await passwords.matches(None, "anything at all")

    async def test_the_hash_is_argon2id_with_a_salt_of_its_own(self) -> None:
        passwords = Passwords()

        first, second = await passwords.hash("same"), await passwords.hash("same")

        assert first.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
        assert first != second

    async def test_a_hash_of_other_costs_is_outdated(self, passwords: Passwords) -> None:
        stored = await passwords.hash("correct horse battery")

        assert not passwords.is_outdated(stored)
        assert Passwords().is_outdated(stored)


class TestCheckNewPassword:
    @pytest.mark.parametrize(
        ("new", "flaw"),
        [
            ("a" * (MIN_LENGTH - 1), PasswordFlaw.TOO_SHORT),
            ("a" * 129, PasswordFlaw.TOO_LONG),
            ("Yamada-Hanako", PasswordFlaw.IS_LOGIN),
            ("the old password", PasswordFlaw.IS_OLD),
        ],
    )
    async def test_a_bad_choice_is_refused(self, new: str, flaw: PasswordFlaw) -> None:
        with pytest.raises(PasswordRefusedError) as caught:
            check_new_password(new, login="yamada-hanako", old="the old password")

        assert caught.value.flaw is flaw

    async def test_exactly_the_least_length_is_enough(self) -> None:
        check_new_password("a" * MIN_LENGTH, login="yamada", old="b")


class TestOneTimePassword:
    async def test_it_is_long_enough_and_never_the_same(self) -> None:
        made = {one_time_password() for _ in range(50)}

        assert len(made) == 50
        for password in made:
            check_new_password(password, login="yamada")
