"""Spreadsheets: the first sheet, row by row, and what is too much of one."""

import zipfile
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from yuchi.adapters.rows import sheets
from yuchi.adapters.rows.sheets import SheetRows
from yuchi.domain.imports import Cursor
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


ROWS: list[list[Any]] = [
    ["会员号", "生日", "余额", "常客", "时刻", None],
    ["M1", datetime(1990, 5, 1), 12.0, True, time(10, 30), None],  # noqa: DTZ001 - as spreadsheets have them
    [None, None, None, None, None, None],
    ["0012", None, "=1+1", False, None, "多"],
]


def test_rows_with_the_types_of_their_cells(tmp_path: Path) -> None:
    rows = SheetRows(book(tmp_path, ROWS), Cursor())
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
    assert rows.cursor == Cursor(row=4, header=("会员号", "生日", "余额", "常客", "时刻"), encoding="xlsx")


def test_a_formula_is_what_it_came_to_and_never_itself(tmp_path: Path) -> None:
    (_, row) = SheetRows(book(tmp_path, ROWS), Cursor())
    assert "余额" not in row.values, "openpyxl has worked nothing out, so there is no value"


def test_reading_on_at_a_cursor(tmp_path: Path) -> None:
    path = book(tmp_path, [["a"], *([each] for each in range(50))])
    first = SheetRows(path, Cursor())
    head = [next(iter(first)) for _ in range(20)]
    assert len({row.number for row in head}) == 20
    rest = list(SheetRows(path, Cursor.model_validate_json(first.cursor.model_dump_json())))
    assert [row.values["a"] for row in (*head, *rest)] == list(range(50))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no archive at all"])
def test_what_is_no_spreadsheet(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(content)
    with pytest.raises(UnreadableFileError):
        SheetRows(path, Cursor())


def test_an_archive_of_something_else(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "a")
    with pytest.raises(UnreadableFileError):
        SheetRows(path, Cursor())


def test_an_empty_sheet(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError) as caught:
        SheetRows(book(tmp_path, []), Cursor())
    assert "空的" in caught.value.words.zh


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = book(tmp_path, ROWS)
    with zipfile.ZipFile(path, "a", compression=zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/bomb.bin", b"\0" * (sheets.MAX_UNPACKED + 1))
    assert path.stat().st_size < 2_000_000
    with pytest.raises(UnreadableFileError) as caught:
        SheetRows(path, Cursor())
    assert caught.value.words is sheets.TOO_LARGE


def test_too_many_rows_are_told_and_those_before_are_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MAX_ROWS", 10)
    rows = iter(SheetRows(book(tmp_path, [["a"], *([each] for each in range(50))]), Cursor()))
    assert [next(rows).number for _ in range(9)] == list(range(2, 11))
    with pytest.raises(UnreadableFileError):
        next(rows)


def test_a_time_of_another_zone_is_kept() -> None:
    assert sheets._plain(datetime(2026, 5, 1, tzinfo=UTC)).tzinfo is UTC
