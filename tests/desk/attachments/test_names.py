"""Names under which files of strangers are saved."""

from email.message import Message

import pytest

from desk.attachments.kinds import CSV, JPEG, PDF, TEXT, FileKind
from desk.attachments.names import LONGEST, clean_name, disposition, saved_name


class TestSavedName:
    @pytest.mark.parametrize(
        ("name", "kind", "saved"),
        [
            ("見積.pdf", PDF, "見積.pdf"),
            ("見積.PDF", PDF, "見積.pdf"),
            ("invoice.pdf.exe", PDF, "invoice.pdf.exe.pdf"),
            ("page.html", TEXT, "page.html.txt"),
            ("run.bat", TEXT, "run.bat.txt"),
            ("名簿.csv", CSV, "名簿.csv"),
            ("../../etc/passwd", TEXT, "_.._etc_passwd.txt"),
            ("C:\\temp\\a.pdf", PDF, "C__temp_a.pdf"),
            ("photo\u202egpj.exe", JPEG, "photogpj.exe.jpg"),
            ("a\r\nSet-Cookie: x=1", PDF, "aSet-Cookie_ x=1.pdf"),
            ("CON", TEXT, "file-1.txt"),
            ("con.old.pdf", PDF, "file-1.pdf"),
            ("...", PDF, "file-1.pdf"),
            (None, JPEG, "file-1.jpg"),
            ("あ" * 300, PDF, "あ" * LONGEST + ".pdf"),
        ],
    )
    def test_it_is_harmless_and_ends_as_its_bytes_say(
        self, name: str | None, kind: FileKind, saved: str
    ):
        assert saved_name(name, "file-1", kind) == saved

    def test_clean_name_keeps_japanese(self):
        assert clean_name("令和５年度　賃金台帳（案）.xlsx") == "令和５年度　賃金台帳（案）.xlsx"


class TestDisposition:
    @pytest.mark.parametrize("name", ["見積.pdf", 'a"b.pdf', "100% _x'y.pdf", "plain.pdf"])
    def test_browsers_read_the_same_name(self, name: str):
        message = Message()
        message["Content-Disposition"] = disposition(name)

        given = dict(message.get_params(header="content-disposition") or [])

        assert "attachment" in given
        assert message.get_filename() is not None
        assert disposition(name).isascii()
        assert "\n" not in disposition(name)

    def test_name_in_japanese_is_percent_encoded(self):
        assert disposition("見積.pdf").endswith("filename*=UTF-8''%E8%A6%8B%E7%A9%8D.pdf")
