"""Spreadsheets: the first sheet, row by row, and what is too much of one."""

import zipfile
from datetime import datetime, time
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from yuchi.adapters.rows import sheet_file, sheet_xml, sheets
from yuchi.adapters.rows.sheet_file import SheetFile
from yuchi.domain.imports import Cursor
from yuchi.domain.mapping import Rejected, read_mapping
from yuchi.domain.mapping.values import NOT_WORKED_OUT
from yuchi.services.ports_imports import UnreadableFileError


def book(folder: Path, rows: list[list[Any]]) -> Path:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    workbook.create_sheet("另一张").append(["不", "读"])
    path = folder / "x.xlsx"
    workbook.save(path)
    return path


def opened(path: Path, cursor: Cursor) -> sheets.SheetRows:
    return sheets.SheetRows(SheetFile(path, path.parent), cursor)


ROWS: list[list[Any]] = [
    ["会员号", "生日", "余额", "常客", "时刻", None],
    ["M1", datetime(1990, 5, 1), 12.0, True, time(10, 30), None],  # noqa: DTZ001 - as spreadsheets have them
    [None, None, None, None, None, None],
    ["0012", None, "=1+1", False, None, "多"],
]


def test_rows_with_the_types_of_their_cells(tmp_path: Path) -> None:
    rows = opened(book(tmp_path, ROWS), Cursor())
    first, second = list(rows)
    assert (first.number, second.number) == (2, 4)
    assert first.values == {
        "会员号": "M1",
        "生日": datetime(1990, 5, 1),  # noqa: DTZ001
        "余额": 12,
        "常客": True,
        "时刻": "10:30:00",
    }
    assert first.cells[:4] == ("M1", "1990-05-01 00:00:00", "12", "true")
    assert second.values["会员号"] == "0012"
    cursor = rows.cursor
    assert (cursor.row, cursor.header, cursor.encoding) == (4, ("会员号", "生日", "余额", "常客", "时刻"), "xlsx")
    assert 0 < cursor.offset < (tmp_path / "x.xlsx").stat().st_size


def test_a_formula_that_nobody_worked_out_is_told_and_never_taken_for_nothing(tmp_path: Path) -> None:
    (_, row) = opened(book(tmp_path, ROWS), Cursor())
    assert row.values["余额"] == NOT_WORKED_OUT
    assert row.cells[2] == ""
    mapping = read_mapping(
        {"type": "person.identified", "identities": {"member": "会员号"}, "attributes": {"余额": "余额"}}
    )
    outcome = mapping.apply(row.values)
    assert isinstance(outcome, Rejected)
    assert [problem.code for problem in outcome.problems] == ["cell.formula"]


@pytest.mark.parametrize(("error", "code"), [("#REF!", "cell.error"), ("#DIV/0!", "cell.error"), ("#N/A", "")])
def test_errors_of_a_sheet_are_no_values(tmp_path: Path, error: str, code: str) -> None:
    path = book(tmp_path, [["会员号", "等级"], ["M1", error]])
    (row,) = opened(path, Cursor())
    mapping = read_mapping(
        {"type": "person.identified", "identities": {"member": "会员号"}, "attributes": {"等级": "等级"}}
    )
    outcome = mapping.apply(row.values)
    assert [each.code for each in outcome.problems] == [code] if isinstance(outcome, Rejected) else not code
    assert "等级" not in getattr(outcome, "attributes", {})


def test_reading_on_at_a_cursor(tmp_path: Path) -> None:
    path = book(tmp_path, [["a"], *([each] for each in range(50))])
    first = opened(path, Cursor())
    head = [next(iter(first)) for _ in range(20)]
    assert len({row.number for row in head}) == 20
    rest = list(opened(path, Cursor.model_validate_json(first.cursor.model_dump_json())))
    assert [row.values["a"] for row in (*head, *rest)] == list(range(50))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no archive at all"])
def test_what_is_no_spreadsheet(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(content)
    with pytest.raises(UnreadableFileError):
        opened(path, Cursor())


def test_an_archive_of_something_else(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "a")
    with pytest.raises(UnreadableFileError):
        opened(path, Cursor())


def test_an_empty_sheet(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError) as caught:
        opened(book(tmp_path, []), Cursor())
    assert "空的" in caught.value.words.zh


def packed(folder: Path, sheet: str, *, texts: str = "", styles: str = "", book_pr: str = "") -> Path:
    """A spreadsheet of the parts that count, as other programs than openpyxl write them."""
    path = folder / "x.xlsx"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    with zipfile.ZipFile(path, "w", compression=zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "_rels/.rels",
            f'<Relationships><Relationship Id="a" Type="{office}/officeDocument" Target="/xl/b.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/b.xml",
            f'<workbook xmlns:r="{office}">{book_pr}<sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        )
        related = [
            ("r1", "worksheet", "w/one.xml"),
            ("r2", "sharedStrings", "texts.xml"),
            ("r3", "styles", "styles.xml"),
        ]
        archive.writestr(
            "xl/_rels/b.xml.rels",
            "<Relationships>"
            + "".join(f'<Relationship Id="{one}" Type="{office}/{kind}" Target="{to}"/>' for one, kind, to in related)
            + "</Relationships>",
        )
        archive.writestr("xl/w/one.xml", sheet)
        if texts:
            archive.writestr("xl/texts.xml", f"<sst>{texts}</sst>")
        if styles:
            archive.writestr("xl/styles.xml", styles)
    return path


def sheet(rows: str, *, before: str = "", root: str = "worksheet") -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>{before}<{root}><cols/><sheetData>{rows}</sheetData><x/></{root}>'


def test_cells_as_other_programs_write_them(tmp_path: Path) -> None:
    rows = (
        "<row><c t='inlineStr'><is><r><t>a</t></r><r><t>b</t></r><rPh><t>nicht</t></rPh></is></c><c t='s'><v>0</v></c></row>"
        "<row/><row r='5'><c r='B5' t='str'><f>x</f><v>_x0041_1_x000D_2</v></c><c r='D5'><v>7</v></c></row>"
        "<row><c t='b'><v>1</v></c><c s='1'><v>1.5</v></c><c t='d'><v>2026-05-01T08:00:00</v></c></row>"
    )
    styles = (
        "<styleSheet><numFmts><numFmt numFmtId='200' formatCode='yyyy\\-mm\\-dd'/></numFmts>"
        "<cellStyleXfs><xf numFmtId='9'/></cellStyleXfs><cellXfs><xf numFmtId='0'/><xf numFmtId='200'/></cellXfs>"
        "</styleSheet>"
    )
    texts = "<si><t>c</t><rPh><t>nicht</t></rPh></si>"
    path = packed(tmp_path, sheet(rows), texts=texts, styles=styles, book_pr="<workbookPr date1904='1'/>")
    found = opened(path, Cursor())
    assert found.cursor.header == ("ab", "c")
    first, second = list(found)
    assert (first.number, first.values, first.cells) == (5, {"c": "A1\n2"}, ("", "A1\n2", "", "7"))
    assert (second.number, second.values["c"]) == (6, datetime(1904, 1, 2, 12))  # noqa: DTZ001 - a date of the file, which knows no zone
    assert second.cells[2] == "2026-05-01 08:00:00"


def test_names_with_a_prefix(tmp_path: Path) -> None:
    rows = "<x:row><x:c t='str'><x:v>a</x:v></x:c></x:row><x:row><x:c><x:v>1</x:v></x:c></x:row>"
    text = f"<x:worksheet xmlns:x='urn:y'><x:sheetData>{rows}</x:sheetData></x:worksheet>"
    (row,) = opened(packed(tmp_path, text), Cursor())
    assert row.values == {"a": 1}


@pytest.mark.parametrize("numbered", [True, False])
@pytest.mark.parametrize("piece", [7, 64, 1 << 16])
def test_every_row_is_a_place_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int, *, numbered: bool
) -> None:
    monkeypatch.setattr(sheet_xml, "PIECE", piece)
    rows = "".join(
        f"<row{f' r={chr(34)}{each}{chr(34)}' if numbered else ''}><c t='str'><v>林{each}</v></c></row>\n"
        for each in range(1, 31)
    )
    path = packed(tmp_path, sheet(rows))
    whole = list(opened(path, Cursor()))
    assert len(whole) == 29
    for stop in range(31):
        first = opened(path, Cursor())
        head = [row for row, _ in zip(first, range(stop), strict=False)] if stop else []
        cursor = Cursor.model_validate_json(
            (first.cursor if len(head) < stop or not stop else _at(path, stop)).model_dump_json()
        )
        assert [*head, *opened(path, cursor)] == whole, stop


def _at(path: Path, number: int) -> Cursor:
    rows = opened(path, Cursor())
    each = iter(rows)
    for _ in range(number):
        next(each)
    return rows.cursor


def test_twin_a_place_within_a_row_is_no_place(tmp_path: Path) -> None:
    path = packed(tmp_path, sheet("".join(f"<row><c><v>{each}</v></c></row>" for each in range(1, 9))))
    good = _at(path, 3)
    with pytest.raises(UnreadableFileError):
        list(opened(path, good.model_copy(update={"place": str(int(good.place) + 5)})))


@pytest.mark.parametrize(
    "text",
    [
        sheet("<row><c><v>1</v></c></row>")[:-60],
        sheet("<row r='5'/><row r='4'/>"),
        sheet("<row><c r='ZZZZ1'><v>1</v></c></row>"),
        sheet("<row><c t='s'><v>7</v></c></row>"),
        sheet("<row><c t='s'><v>-1</v></c></row>"),
        sheet("<row><c t='s'><v>x</v></c></row>"),
        sheet("<row/>", before="<!DOCTYPE w [<!ENTITY a 'b'>]>"),
        "",
        "no xml",
    ],
)
def test_broken_sheets_say_so(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnreadableFileError):
        list(opened(packed(tmp_path, text), Cursor()))


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_file, "SMALL_ENOUGH", 1 << 20)
    path = packed(tmp_path, sheet("<row><c><v>1</v></c></row>" + " " * (2 << 20)))
    assert path.stat().st_size < 20_000
    with pytest.raises(UnreadableFileError) as caught:
        opened(path, Cursor())
    assert caught.value.words is sheet_file.TOO_LARGE


def test_an_archive_of_far_too_many_parts_is_not_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_file, "MAX_ENTRIES", 100)
    with pytest.raises(UnreadableFileError) as caught:
        opened(book(tmp_path, ROWS), Cursor())
    assert caught.value.words is sheet_file.TOO_LARGE


def test_a_locked_book_and_one_without_sheets(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    with pytest.raises(UnreadableFileError) as caught:
        opened(path, Cursor())
    assert "密码" in caught.value.words.zh


def test_a_row_behind_the_last_that_excel_knows(tmp_path: Path) -> None:
    path = packed(tmp_path, sheet("<row><c><v>1</v></c></row><row r='1048577'><c><v>1</v></c></row>"))
    with pytest.raises(UnreadableFileError):
        list(opened(path, Cursor()))


def test_too_many_columns(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError) as caught:
        opened(book(tmp_path, [[f"c{each}" for each in range(2_001)]]), Cursor())
    assert "2,001" in caught.value.words.zh
    assert len(opened(book(tmp_path, [[f"c{each}" for each in range(2_000)]]), Cursor()).cursor.header) == 2_000
