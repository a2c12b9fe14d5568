"""Files are told by their content: what they are named and said to be changes nothing."""

import io
import struct
import zipfile

import pytest

from services.chassis.files import disposition
from services.chassis.kinds import FileKind, KindRefused, kind_of, named

EVERY = frozenset(FileKind)
PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489")
JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffdb")
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
COMPOUND = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504)
DOC = COMPOUND + "Root Entry".encode("utf-16-le") + bytes(300_000) + "WordDocument".encode("utf-16-le")


def archive(*names: str, content: bytes = b"x") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        for name in names:
            made.writestr(name, content)
    return packed.getvalue()


DOCX = archive("[Content_Types].xml", "word/document.xml")


def kind(content: bytes, name: str = "work", allowed: frozenset[FileKind] = EVERY) -> FileKind:
    return kind_of(io.BytesIO(content), name, allowed)


@pytest.mark.parametrize(
    ("content", "name", "found"),
    [
        (PDF, "work.txt", FileKind.PDF),
        (PNG, "work.pdf", FileKind.PNG),
        (JPEG, "work", FileKind.JPEG),
        (DOC, "work.doc", FileKind.DOC),
        (DOCX, "work.zip", FileKind.DOCX),
        ("Grüße, 世界\n".encode(), "work.txt", FileKind.TXT),
        (b"# Work\n", "WORK.MD", FileKind.MD),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_is_what_its_content_says(content: bytes, name: str, found: FileKind):
    assert kind(content, name) is found


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"MZ\x90\x00" + bytes(100), "work.pdf"),
        (b"MZ\x90\x00" + bytes(100), "work.txt"),
        (b"<html><script>alert(1)</script>", "work.pdf"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "work.png"),
        (COMPOUND, "work.doc"),
        (archive("xl/workbook.xml", "[Content_Types].xml"), "work.docx"),
        (archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), "work.docx"),
        (DOCX[:-10], "work.docx"),
        (b"Gr\xfc\xdfe", "work.txt"),
        (b"half of a character \xe4\xb8", "work.txt"),
        (b"work\x00", "work.txt"),
        (b"work", "work"),
        (b"", "work.pdf"),
    ],
    ids=[
        "a program called pdf",
        "a program called text",
        "a page",
        "a drawing with scripts",
        "a compound file of another kind",
        "a sheet",
        "a document with macros",
        "a broken archive",
        "Latin-1",
        "broken UTF-8",
        "a zero byte",
        "a text without ending",
        "nothing",
    ],
)
def test_what_is_something_else_is_refused(content: bytes, name: str):
    with pytest.raises(KindRefused, match="UTF-8"):
        kind(content, name)


def test_the_caller_says_what_is_taken():
    assert kind(PNG, allowed=frozenset({FileKind.PNG})) is FileKind.PNG
    with pytest.raises(KindRefused, match=r"none of: \.pdf\."):
        kind(PNG, allowed=frozenset({FileKind.PDF}))


def test_an_archive_that_would_unpack_to_more_than_memory_is_looked_at_by_its_names_alone():
    bomb = archive("[Content_Types].xml", "word/document.xml", content=bytes(50_000_000))
    assert len(bomb) < 200_000
    assert kind(bomb) is FileKind.DOCX


def test_an_archive_that_lists_too_much_is_not_listed():
    lying = bytearray(DOCX)
    end = lying.rfind(b"PK\x05\x06")
    struct.pack_into("<L", lying, end + 12, 200_000_000)
    with pytest.raises(KindRefused):
        kind(bytes(lying))
    with pytest.raises(KindRefused):
        kind(archive("[Content_Types].xml", "word/document.xml", *(f"word/{n:0200}" for n in range(5000))))


def test_a_name_ends_as_its_content_does():
    assert named("work.pdf", FileKind.PDF) == "work.pdf"
    assert named("Work.JPEG", FileKind.JPEG) == "Work.JPEG"
    assert named("work.exe", FileKind.PDF) == "work.exe.pdf"


def test_a_name_is_told_in_ascii_and_in_full():
    assert disposition('Grüße "1".pdf') == (
        "attachment; filename=\"Gr__e _1_.pdf\"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%20%221%22.pdf"
    )
    assert "\n" not in disposition("a\nSet-Cookie: b")
