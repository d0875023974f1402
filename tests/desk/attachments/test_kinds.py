"""What files are, by their bytes alone."""

import pytest

from desk.attachments.kinds import (
    AAC,
    CSV,
    DOC,
    DOCX,
    GIF,
    HEIC,
    JPEG,
    KINDS,
    M4A,
    MP3,
    MP4,
    PDF,
    PNG,
    PPT,
    PPTX,
    TEXT,
    WEBP,
    XLS,
    XLSX,
    FileKind,
    find_kind,
)
from desk.attachments.models import Reason
from tests.line.fake import files

HTML = b"<!DOCTYPE html><script>alert(1)</script>"
ALLOWED = [
    (files.JPEG, JPEG),
    (files.PNG, PNG),
    (b"GIF89a" + bytes(20), GIF),
    (b"RIFF\x24\x00\x00\x00WEBPVP8 ", WEBP),
    (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", HEIC),
    (files.PDF, PDF),
    (files.MP4, MP4),
    (files.M4A, M4A),
    (b"\xff\xf1\x50\x80\x00\x1f\xfc", AAC),
    (b"ID3\x04\x00\x00\x00\x00\x00\x00", MP3),
    (b"\xff\xfb\x90\x00" + bytes(20), MP3),
    (files.office("word/document.xml"), DOCX),
    (files.office("xl/workbook.xml"), XLSX),
    (files.office("ppt/presentation.xml"), PPTX),
    (files.old_office("Root Entry", "WordDocument"), DOC),
    (files.old_office("Root Entry", "Workbook"), XLS),
    (files.old_office("Root Entry", "PowerPoint Document"), PPT),
    ("見積書\r\n合計 1,000円\r\n".encode(), TEXT),
    ("見積書\r\n合計 1,000円\r\n".encode("cp932"), TEXT),
]
REFUSED = [
    (b"", Reason.EMPTY),
    (files.EXE, Reason.KIND),
    (b"\x7fELF\x02\x01\x01" + bytes(20), Reason.KIND),
    (b"PK\x03\x04" + bytes(40), Reason.KIND),
    (b"Rar!\x1a\x07\x01\x00", Reason.KIND),
    (files.old_office("Root Entry", "__substg1.0_1000001F"), Reason.KIND),
    (b"RIFF\x24\x00\x00\x00AVI LIST", Reason.KIND),
    (b"\x00\x00\x00\x18ftypcrx \x00\x00\x00\x00", Reason.KIND),
    (b"words\x00and more", Reason.KIND),
    (files.office("word/document.xml", "word/vbaProject.bin"), Reason.MACROS),
    (files.old_office("Root Entry", "WordDocument", "_VBA_PROJECT"), Reason.MACROS),
]


class TestFindKind:
    @pytest.mark.parametrize(("content", "kind"), ALLOWED)
    def test_what_is_kept(self, content: bytes, kind: FileKind):
        assert find_kind(content) == kind
        assert KINDS[kind.media_type] == kind

    @pytest.mark.parametrize(("content", "reason"), REFUSED)
    def test_what_is_refused(self, content: bytes, reason: Reason):
        assert find_kind(content) == reason

    def test_name_does_not_make_a_program_a_picture(self):
        assert find_kind(files.EXE, name="photo.jpg") == Reason.KIND

    def test_archive_without_the_parts_of_a_document_is_refused(self):
        assert find_kind(files.office("evil.exe")) == Reason.KIND

    @pytest.mark.parametrize("content", [HTML, files.SVG])
    def test_page_or_drawing_with_a_script_is_text_and_nothing_else(self, content: bytes):
        assert find_kind(content, name="page.html") == TEXT

    def test_text_is_a_table_only_by_its_name(self):
        assert find_kind(b"a,b\n1,2\n", name="list.CSV") == CSV
        assert find_kind(b"a,b\n1,2\n", name="list.txt") == TEXT

    def test_every_kind_has_its_own_extension(self):
        assert len({kind.extension for kind in KINDS.values()}) == len(KINDS)
