"""Which encoding a file is in: found where it can be known, asked for where it cannot, never wrong without a word."""

import codecs

import pytest

from yuchi.adapters.rows.encodings import BIG5, GB, UNSURE, UTF_8, decide, read_line, sniff, told
from yuchi.adapters.rows.texts import open_text
from yuchi.domain.imports import Cursor
from yuchi.services.ports_imports import FileRow, UnreadableFileError

SIMPLIFIED = "会员编号,姓名,手机,城市\nM001,陈晓明,13900000001,杭州\nM002,刘志强,13900000002,广州\n"
TRADITIONAL = "會員編號,姓名,手機,城市\nM001,陳曉明,0912000001,臺北\nM002,劉志強,0912000002,高雄\n"
NAMES_SIMPLIFIED = ("李明", "王芳", "张伟", "刘洋", "杨丽", "赵敏", "周杰", "吴静", "郑爽", "黄海", "会员", "备注")
NAMES_TRADITIONAL = (
    "陳美玲",
    "林志豪",
    "黃淑芬",
    "張家豪",
    "劉建國",
    "蔡英文",
    "會員編號",
    "備註",
    "訂單編號",
    "臺北市",
)


def found(content: bytes) -> str:
    """The encoding, or why there is none."""
    try:
        return sniff(content, whole=True)[0]
    except UnreadableFileError as error:
        return error.words.en[:24]


def rows(content: bytes, encoding: str = "") -> list[FileRow]:
    def read(start: int, length: int) -> bytes:
        return content[start : start + length]

    return list(open_text(read, Cursor(), json_lines=False, encoding=encoding))


ASKED = "the file does not say wh"


@pytest.mark.parametrize("text", [SIMPLIFIED, TRADITIONAL])
@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("utf-8", UTF_8),
        ("utf-8-sig", UTF_8),
        ("utf-16", "utf-16-le"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("gb18030", GB),
    ],
)
def test_tables_of_either_script(text: str, written: str, expected: str) -> None:
    assert found(text.encode(written)) == expected


def test_big5_is_told_from_gb18030() -> None:
    content = TRADITIONAL.encode("big5")
    content.decode("gb18030")  # it is valid there too, which is why validity alone says nothing
    assert found(content) == BIG5
    assert rows(content)[0].values == {"會員編號": "M001", "姓名": "陳曉明", "手機": "0912000001", "城市": "臺北"}


@pytest.mark.parametrize("name", NAMES_SIMPLIFIED)
def test_two_characters_of_gb18030_are_found_or_asked_for(name: str) -> None:
    assert found(f"id,name\n1,{name}\n".encode("gb18030")) in {GB, ASKED}


@pytest.mark.parametrize("name", NAMES_TRADITIONAL)
def test_a_few_characters_of_big5_are_found_or_asked_for(name: str) -> None:
    assert found(f"id,name\n1,{name}\n".encode("big5")) in {BIG5, ASKED}


def test_most_short_files_need_no_asking() -> None:
    answers = [found(f"id,name\n1,{name}\n".encode("gb18030")) for name in NAMES_SIMPLIFIED]
    answers += [found(f"id,name\n1,{name}\n".encode("big5")) for name in NAMES_TRADITIONAL if len(name) > 2]
    assert answers.count(ASKED) * 4 <= len(answers), answers


def test_twin_the_first_that_is_valid_reads_big5_wrong() -> None:
    wrong = next(text for codec in ("utf-8", "gb18030") if (text := _valid(TRADITIONAL.encode("big5"), codec)))
    assert "陳曉明" not in wrong


def _valid(content: bytes, codec: str) -> str:
    try:
        return content.decode(codec)
    except UnicodeDecodeError:
        return ""


def test_a_character_that_may_be_either_is_asked_for() -> None:
    assert found("id,name\n1,刘\n".encode("gb18030")) == GB, "its bytes are no UTF-8; those of 目 are"
    assert found("id,name\n1,目\n".encode("gb18030")) == ASKED
    assert found("id,name\n1,José\n".encode()) == UTF_8


@pytest.mark.parametrize("text", ["id,name\n1,José\n2,Zoë\n", "id,name\n1,Grüße aus Köln\n"])
def test_western_files_are_utf_8_or_asked_for(text: str) -> None:
    assert found(text.encode()) == UTF_8
    assert found(text.encode("cp1252")) == ASKED
    assert rows(text.encode("cp1252"), "windows-1252")[0].values["name"] == text.split("\n")[1].split(",")[1]


def test_lines_in_other_encodings_are_rejected_alone() -> None:
    lines = [
        "1,李明".encode("gbk"),
        "2,王小明您".encode(),
        "3,陳美玲小姐的備註".encode("big5"),
        "4,张伟".encode("gbk"),
    ]
    content = SIMPLIFIED.partition("\n")[0].encode("gbk") + b"\n" + b"".join(line + b",,\n" for line in lines)
    codes = [row.problem.code if row.problem else "" for row in rows(content)]
    assert codes == ["", "encoding.line", "encoding.line", ""]


def test_twin_what_is_valid_in_gb18030_is_not_all_meant_so() -> None:
    for line in ("2,王小明您".encode(), "3,陳美玲小姐的備註".encode("big5")):
        assert line.decode("gb18030")
        assert read_line(line, GB) is None


def test_a_line_that_says_too_little_is_rejected_until_another_says_more() -> None:
    content = b"id,name\n" + b"1,x\n" * 20_000 + "2,目\n3,刘志强\n4,目\n".encode("gb18030")
    last = rows(content)[-3:]
    assert [row.problem.code if row.problem else row.values["name"] for row in last] == [
        "encoding.unsure",
        "刘志强",
        "目",
    ]


def test_what_is_said_counts_over_what_is_found() -> None:
    content = "id,name\n1,目\n".encode("gb18030")
    assert rows(content, "gb18030")[0].values["name"] == "目"
    assert rows(content, "utf-8")[0].values["name"] == "Ŀ"
    (row,) = rows("id,name\n1,刘\n".encode("gb18030"), "utf-8")
    assert row.problem is not None
    assert row.problem.code == "encoding.line"


@pytest.mark.parametrize("said", ["utf-16", "utf-8", "big5"])
def test_a_mark_stands_beside_what_is_said(said: str) -> None:
    assert told("utf-16", codecs.BOM_UTF16_BE + b"\0a")[:2] == ("utf-16-be", 2)
    assert told(said, codecs.BOM_UTF8 + b"a")[:2] == (("utf-16-le", 0) if said == "utf-16" else (UTF_8, 3))


def test_characters_of_hong_kong_and_windows() -> None:
    assert read_line("堃先生".encode("big5hkscs"), BIG5) == "堃先生"
    assert read_line("牆裏".encode("cp950"), BIG5) == "牆裏"


def test_ascii_says_nothing_yet() -> None:
    assert found(b"id,name\n1,x\n") == UTF_8 + UNSURE


@pytest.mark.parametrize(
    "content", [codecs.BOM_UTF32_LE + "a,b".encode("utf-32-le"), b"%PDF-1.7\n%", b"\x00\x01\x02\x03" * 9]
)
def test_what_is_no_text(content: bytes) -> None:
    with pytest.raises(UnreadableFileError):
        rows(content)


def test_zeros_in_a_line_cost_that_line() -> None:
    first, second, third = rows(b"id,name\n1,a\n2,b\x00c\n3,d\n")
    assert (first.problem, third.problem) == (None, None)
    assert second.problem is not None
    assert second.problem.code == "line.zeros"


def test_decide_wants_most_of_the_lines() -> None:
    assert decide(["林先生".encode(), "林先生".encode(), b"\xff\xff"]) == UTF_8
    assert decide([b"\xff\xff", b"\xff\xfe", "林先生".encode()]) == ""
