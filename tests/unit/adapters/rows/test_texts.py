"""CSV files and JSON lines in every shape that people make them, read on from any row, whatever the size of a read."""

from collections.abc import Callable
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yuchi.adapters.rows import lines as lines_module
from yuchi.adapters.rows.encodings import sniff
from yuchi.adapters.rows.lines import Line, Lines
from yuchi.adapters.rows.texts import MAX_LINES, CsvRows, open_text
from yuchi.domain.imports import Cursor
from yuchi.services.ports_imports import FileRow, UnreadableFileError

CHINESE = "会员号,姓名\nM1,林小满\nM2,周舟\n"


def reader(content: bytes, *, most: int = 1 << 20) -> Callable[[int, int], bytes]:
    """Ranges of ``content``; ``most``: bytes that one read gives."""
    return lambda start, length: content[start : start + min(length, most)]


def read(content: bytes, *, most: int = 1 << 20, json_lines: bool = False) -> list[FileRow]:
    return list(open_text(reader(content, most=most), Cursor(), json_lines=json_lines))


def values(content: bytes, *, most: int = 1 << 20) -> list[dict[str, str]]:
    return [dict(row.values) for row in read(content, most=most)]


ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "gbk"]


@pytest.mark.parametrize("most", [1 << 20, 7, 1])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_encodings_are_found(encoding: str, most: int) -> None:
    content = CHINESE.encode(encoding)
    if encoding == "utf-16-be":
        content = b"\xfe\xff" + content
    found = list(open_text(_sniffed_whole(content, most), Cursor(), json_lines=False))
    assert [dict(row.values) for row in found] == [
        {"会员号": "M1", "姓名": "林小满"},
        {"会员号": "M2", "姓名": "周舟"},
    ]


def _sniffed_whole(content: bytes, most: int) -> Callable[[int, int], bytes]:
    """The head comes whole, as S3 gives it; the rest in pieces that cut characters in two."""
    return lambda start, length: content[start : start + (length if length == lines_module.HEAD else most)]


def test_twin_without_sniffing_gb18030_is_no_text() -> None:
    with pytest.raises(UnicodeDecodeError):
        CHINESE.encode("gb18030").decode("utf-8")


def test_an_encoding_that_shows_late_is_found_late() -> None:
    content = b"id,name\n" + b"".join(b"%d,x\n" % each for each in range(20_000)) + "7,林小满\n".encode("gb18030")
    assert len(content) > lines_module.HEAD
    assert values(content)[-1] == {"id": "7", "name": "林小满"}


def test_a_line_in_another_encoding_is_told_and_the_others_are_taken() -> None:
    rows = read("id,name\n1,林\n".encode() + "2,周\n".encode("gb18030") + "3,王\n".encode())
    assert [(row.number, row.problem.code if row.problem else "") for row in rows] == [
        (2, ""),
        (3, "encoding.line"),
        (4, ""),
    ]
    assert rows[2].values == {"id": "3", "name": "王"}


@pytest.mark.parametrize("content", [b"PK\x03\x04rest", bytes(range(256)) * 40, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"])
def test_what_is_no_text_is_refused(content: bytes) -> None:
    with pytest.raises(UnreadableFileError):
        read(content)


@pytest.mark.parametrize("content", [b"", b"\n\n\n", b"\xef\xbb\xbf", b"  \r\n"])
def test_empty_files_are_refused(content: bytes) -> None:
    with pytest.raises(UnreadableFileError):
        read(content)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_newlines_and_delimiters(newline: str, delimiter: str) -> None:
    text = newline.join(delimiter.join(cells) for cells in (["a", "b"], ["1", "x y"], ["2", '"q"']))
    assert values(text.encode()) == [{"a": "1", "b": "x y"}, {"a": "2", "b": "q"}]


def test_a_file_may_end_without_a_newline_and_hold_empty_lines() -> None:
    rows = read(b"a,b\n\n1,2\n,\n \n3,4")
    assert [(row.number, row.values) for row in rows] == [(3, {"a": "1", "b": "2"}), (6, {"a": "3", "b": "4"})]


def test_a_line_that_says_the_delimiter_is_no_header() -> None:
    (row,) = read(b"sep=;\r\na;b\r\n1;2\r\n")
    assert (row.number, row.values) == (3, {"a": "1", "b": "2"})


def test_a_cell_of_some_hundred_kilobytes_is_a_cell() -> None:
    (row,) = read(b'a,b\n1,"' + b"x" * 300_000 + b'"\n')
    assert len(row.values["b"]) == 300_000


def test_half_a_character_in_json_is_no_json() -> None:
    (row,) = read(b'{"a": "\\ud800"}\n', json_lines=True)
    assert row.problem is not None
    assert row.problem.code == "json.broken"
    assert read(b'{"a": "\\ud83d\\ude00"}\n', json_lines=True)[0].values == {"a": "😀"}


def test_many_columns_and_too_many() -> None:
    names = [f"c{each}" for each in range(2_001)]
    assert len(read(",".join(names[:2_000]).encode() + b"\n" + b"," * 1_999 + b"x\n")[0].values) == 2_000
    with pytest.raises(UnreadableFileError) as caught:
        read(",".join(names).encode() + b"\n")
    assert "2,001" in caught.value.words.zh


def test_cells_may_hold_newlines_quotes_and_delimiters() -> None:
    rows = read(b'a,b\n1,"two\r\nlines, and ""quotes"""\n2,x\n')
    assert rows[0].values == {"a": "1", "b": 'two\r\nlines, and "quotes"'}
    assert rows[1].number == 3


def test_a_quote_that_nobody_closes_costs_its_own_line_only() -> None:
    text = 'a,b\n1,"open\n' + "".join(f"{each},x\n" for each in range(2, 500))
    rows = read(text.encode())
    assert [row.problem.code for row in rows if row.problem] == ["quote.open"]
    assert len(rows) == 499
    assert [row.number for row in rows] == list(range(2, 501))


def test_twin_the_plain_csv_reader_swallows_what_follows() -> None:
    import csv

    text = 'a,b\n1,"open\n' + "".join(f"{each},x\n" for each in range(2, 500))
    assert len(list(csv.reader(text.splitlines(keepends=True)))) == 2


def test_a_file_that_was_cut_off_says_so_and_loses_nothing_before() -> None:
    whole = 'a,b,c\n1,x,y\n2,x,"long te'
    rows = read(whole.encode())
    assert [(row.number, row.problem.code if row.problem else "") for row in rows] == [(2, ""), (3, "quote.open")]
    assert read(b"a,b,c\n1,x,y\n2,x")[-1].problem.code == "columns.few"  # type: ignore[union-attr]


@pytest.mark.parametrize(("line", "code"), [("1", "columns.few"), ("1,2,3", "columns.many"), ("1,2,,", ""), ("1,", "")])
def test_wrong_numbers_of_columns(line: str, code: str) -> None:
    (row,) = read(f"a,b\n{line}\n".encode())
    assert (row.problem.code if row.problem else "") == code


def test_a_line_without_end_is_cut_and_the_memory_stays_flat() -> None:
    content = b"a,b\n1," + b"x" * (5 << 20) + b"\n2,y\n"
    rows = read(content)
    assert [(row.problem.code if row.problem else "") for row in rows] == ["line.long", ""]
    assert len(rows[0].cells[1]) < 1000


def test_a_file_without_any_newline_is_no_table() -> None:
    with pytest.raises(UnreadableFileError):
        read(b"x" * (5 << 20))


def test_json_lines() -> None:
    text = '{"a": 1, "b": {"c": "林"}}\n\nno json\n[1]\n{"a": NaN}\n{"a": 2}'
    rows = read(text.encode(), json_lines=True)
    assert [(row.number, row.problem.code if row.problem else row.values["a"]) for row in rows] == [
        (1, 1),
        (3, "json.broken"),
        (4, "json.object"),
        (5, "json.broken"),
        (6, 2),
    ]
    assert read(("[" * 100_000 + "\n").encode(), json_lines=True)[0].problem.code == "json.broken"  # type: ignore[union-attr]


def test_a_header_with_a_mark_and_blanks_is_cleaned() -> None:
    assert values("\ufeff 会员号 , 姓名 ,,\nM1,林,,\n".encode())[0] == {"会员号": "M1", "姓名": "林"}


# ---------------------------------------------------------------------- reading on from any row

CELLS = st.text(
    alphabet=st.sampled_from(list('ab,;"\n\r\t |林周王€𠮷é='))
    | st.characters(codec="gb18030", exclude_categories=["Cs"], exclude_characters="\0"),
    max_size=12,
)
TABLES = st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=15)


def written(table: list[list[str]], encoding: str) -> bytes:
    import csv
    import io

    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL)
    writer.writerow(["甲", "乙", "丙"])
    writer.writerows(table)
    return buffer.getvalue().encode(encoding)


@settings(max_examples=60, deadline=None)
@given(table=TABLES, encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]), stop=st.integers(0, 15))
def test_reading_on_at_a_cursor_gives_the_same_rows(table: list[list[str]], encoding: str, stop: int) -> None:
    content = written(table, encoding)
    said = encoding if encoding == "gb18030" else ""  # of characters taken by chance nobody could tell
    expected = list(open_text(reader(content), Cursor(), json_lines=False, encoding=said))
    first = open_text(_sniffed_whole(content, 97), Cursor(), json_lines=False, encoding=said)
    head = list(islice(first, stop))
    cursor = Cursor.model_validate_json(first.cursor.model_dump_json())
    rest = list(open_text(reader(content), cursor, json_lines=False, encoding=said))
    assert head + rest == expected
    kept = [cells for cells in table if any(map(str.strip, cells))]
    assert [list(row.cells) for row in expected] == kept


def test_twin_a_cursor_one_byte_off_is_found_out() -> None:
    content = written([["1", "2", "3"], ["4", "5", "6"]], "utf-8")
    rows = open_text(reader(content), Cursor(), json_lines=False)
    next(iter(rows))
    bad = rows.cursor.model_copy(update={"offset": rows.cursor.offset + 1})
    assert [row.cells for row in open_text(reader(content), bad, json_lines=False)] != [("4", "5", "6")]


def test_lines_end_where_they_end() -> None:
    content = "一\n二二\n三".encode("gb18030")
    found = list(Lines(reader(content, most=3), offset=0, encoding="gb18030", newline="\n"))
    assert found == [Line("一\n", 3), Line("二二\n", 8), Line("三", 10)]


def test_a_row_over_too_many_lines_is_no_row() -> None:
    rows = CsvRows(
        Lines(reader(b'a\n"' + b"x\n" * (MAX_LINES + 5) + b'"\nlast\n'), offset=0, encoding="utf-8", newline="\n"),
        Cursor(),
    )
    found = list(rows)
    assert found[0].problem is not None
    assert found[-1].cells == ("last",)


def test_sniffing_mixed_and_broken_text() -> None:
    assert sniff("林,周\n".encode() * 50 + b"\xff\xfe broken", whole=True)[0] == "utf-8"
    assert sniff(b"a,b\n", whole=True)[0] == "utf-8?"
    assert sniff("林,周\n李".encode()[:-1], whole=False)[0] == "utf-8"
