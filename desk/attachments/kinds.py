"""What kind of file some bytes are, by what stands in them: only kinds that are kept.

Names and claimed types are not looked at, with one exception: text that its sender calls
`.csv` is a table. Nothing is unpacked, decoded or drawn.
"""

import io
import re
import zipfile
from dataclasses import dataclass
from typing import Final

from desk.attachments.models import Reason

MP4_BRANDS: Final = frozenset(
    {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"MSNV", b"dash"}
    | {b"3gp4", b"3gp5", b"3gp6", b"qt  ", b"f4v "}
)
M4A_BRANDS: Final = frozenset({b"M4A ", b"M4B "})
HEIC_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"})
COMPOUND: Final = bytes.fromhex("d0cf11e0a1b11ae1")
"""Begins Word, Excel and PowerPoint files of before 2007, and much else."""
OFFICE: Final = "application/vnd.openxmlformats-officedocument"
MOST_ENTRIES: Final = 5000
CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
"""What stands in no text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileKind:
    """A kind of file that is kept."""

    media_type: str
    extension: str
    """With its dot; the name under which a file is saved always ends with it."""


JPEG = FileKind(media_type="image/jpeg", extension=".jpg")
PNG = FileKind(media_type="image/png", extension=".png")
GIF = FileKind(media_type="image/gif", extension=".gif")
WEBP = FileKind(media_type="image/webp", extension=".webp")
HEIC = FileKind(media_type="image/heic", extension=".heic")
PDF = FileKind(media_type="application/pdf", extension=".pdf")
MP4 = FileKind(media_type="video/mp4", extension=".mp4")
M4A = FileKind(media_type="audio/mp4", extension=".m4a")
AAC = FileKind(media_type="audio/aac", extension=".aac")
MP3 = FileKind(media_type="audio/mpeg", extension=".mp3")
DOCX = FileKind(media_type=f"{OFFICE}.wordprocessingml.document", extension=".docx")
XLSX = FileKind(media_type=f"{OFFICE}.spreadsheetml.sheet", extension=".xlsx")
PPTX = FileKind(media_type=f"{OFFICE}.presentationml.presentation", extension=".pptx")
DOC = FileKind(media_type="application/msword", extension=".doc")
XLS = FileKind(media_type="application/vnd.ms-excel", extension=".xls")
PPT = FileKind(media_type="application/vnd.ms-powerpoint", extension=".ppt")
TEXT = FileKind(media_type="text/plain", extension=".txt")
CSV = FileKind(media_type="text/csv", extension=".csv")
KINDS: Final = {
    kind.media_type: kind
    for kind in (
        *(JPEG, PNG, GIF, WEBP, HEIC, PDF, MP4, M4A, AAC, MP3),
        *(DOCX, XLSX, PPTX, DOC, XLS, PPT, TEXT, CSV),
    )
}
BEGINNINGS: Final = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"%PDF-", PDF),
    (b"ID3", MP3),
)
PARTS_OF_OFFICE: Final = (("word/", DOCX), ("xl/", XLSX), ("ppt/", PPTX))
STREAMS: Final = (
    ("WordDocument", DOC),
    ("Workbook", XLS),
    ("Book", XLS),
    ("PowerPoint Document", PPT),
)


def find_kind(content: bytes, *, name: str = "") -> FileKind | Reason:
    """The kind of a file, or why it is not kept.

    Args:
        content: All of it.
        name: What its sender calls it.
    """
    if not content:
        return Reason.EMPTY
    for beginning, kind in BEGINNINGS:
        if content.startswith(beginning):
            return kind
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return WEBP
    if content[4:8] == b"ftyp":
        return _find_in_boxes(content)
    if content.startswith(b"PK\x03\x04"):
        return _find_in_zip(content)
    if content.startswith(COMPOUND):
        return _find_in_compound(content)
    return _find_sound(content) or _find_text(content, name) or Reason.KIND


def _find_in_boxes(content: bytes) -> FileKind | Reason:
    """Of the family of MP4: told by its brand."""
    brand = content[8:12]
    if brand in HEIC_BRANDS:
        return HEIC
    if brand in M4A_BRANDS:
        return M4A
    return MP4 if brand in MP4_BRANDS else Reason.KIND


def _find_in_zip(content: bytes) -> FileKind | Reason:
    """Of the family of ZIP: Office documents, by the names of their parts; nothing is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return Reason.KIND
    if "[Content_Types].xml" not in names or len(names) > MOST_ENTRIES:
        return Reason.KIND
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        return Reason.MACROS
    for folder, kind in PARTS_OF_OFFICE:
        if any(name.startswith(folder) for name in names):
            return kind
    return Reason.KIND


def _find_in_compound(content: bytes) -> FileKind | Reason:
    """Of the family of old Office files: told by the names of their streams."""
    if "_VBA_PROJECT".encode("utf-16-le") in content:
        return Reason.MACROS
    for stream, kind in STREAMS:
        if f"{stream}\0".encode("utf-16-le") in content:
            return kind
    return Reason.KIND


def _find_sound(content: bytes) -> FileKind | None:
    """MP3 and AAC without a head: the first frame begins with twelve set bits."""
    if len(content) < 4 or content[0] != 0xFF or content[1] & 0xF0 != 0xF0:
        return None
    layer = content[1] & 0x06
    if layer == 0:
        return AAC
    return MP3 if layer == 0x02 and content[2] >> 4 not in {0, 15} else None


def _find_text(content: bytes, name: str) -> FileKind | None:
    for encoding in ("utf-8-sig", "cp932"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if CONTROLS.search(text):
            return None
        return CSV if name.lower().endswith(".csv") else TEXT
    return None
