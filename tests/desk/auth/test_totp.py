"""Codes of authenticator apps."""

import xml.etree.ElementTree as ET
from datetime import UTC, datetime

import pytest

from desk.auth.totp import app_address, is_totp, matching_step, new_secret, plain_code, qr_code

# RFC 6238, appendix B: the secret "12345678901234567890" in base 32; SHA-1, last six digits.
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


class TestMatchingStep:
    @pytest.mark.parametrize(
        ("seconds", "code"),
        [
            (59, "287082"),
            (1111111109, "081804"),
            (1111111111, "050471"),
            (1234567890, "005924"),
            (2000000000, "279037"),
        ],
    )
    def test_the_codes_of_the_rfc_are_right(self, seconds: int, code: str) -> None:
        at = datetime.fromtimestamp(seconds, UTC)

        assert matching_step(RFC_SECRET, code, at) == seconds // 30

    @pytest.mark.parametrize(
        ("drift", "is_right"), [(-61, False), (-30, True), (0, True), (30, True), (61, False)]
    )
    def test_clocks_may_differ_by_one_step(self, drift: int, is_right: bool) -> None:
        at = datetime.fromtimestamp(1111111111 + drift, UTC)

        assert (matching_step(RFC_SECRET, "050471", at) is not None) is is_right


class TestPlainCode:
    @pytest.mark.parametrize(
        ("typed", "plain"),
        [
            ("１２３ ４５６", "123456"),
            (" 123-456 ", "123456"),
            ("7ABCD-EFGHJ-KMNPQ", "7abcdefghjkmnpq"),
            ("７ａｂｃｄーｅｆｇｈｊ", "7abcdefghj"),
        ],
    )
    def test_width_case_and_separators_do_not_matter(self, typed: str, plain: str) -> None:
        assert plain_code(typed) == plain

    @pytest.mark.parametrize(
        ("code", "is_code"),
        [("123456", True), ("12345", False), ("1234567", False), ("１２３４５６", False)],
    )
    def test_a_code_has_six_digits(self, code: str, is_code: bool) -> None:
        assert is_totp(code) is is_code


class TestQrCode:
    def test_secrets_are_long_and_differ(self) -> None:
        assert len(new_secret()) == 32
        assert new_secret() != new_secret()

    def test_it_is_an_svg_element_without_style_script_or_address(self) -> None:
        svg = qr_code(app_address(RFC_SECRET, 'han"ako<b>@example.jp'))

        root = ET.fromstring(svg)  # noqa: S314 (our own)
        assert root.tag == "svg"
        assert {element.tag for element in root.iter()} <= {"svg", "path", "g"}
        names = {name for element in root.iter() for name in element.attrib}
        assert names <= {"width", "height", "class", "transform", "stroke", "d", "fill", "viewBox"}
        assert "http" not in svg
