"""Rejected rows as a file: nothing in it is executed, and no phone can be read."""

import csv
import io

import pytest

from yuchi.domain.contacts import ContactKind
from yuchi.domain.problem import RuleProblem
from yuchi.domain.rejects import csv_line, header_line, inert, kinds_of, reject_line
from yuchi.services.ports_imports import FileRow

WHY = RuleProblem("id.missing", "单号是空的", "the business key is empty", field="id")


def cells(line: str) -> list[str]:
    return next(csv.reader(io.StringIO(line)))


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0", "\n=1", "\0=1", "＝1"]
)
def test_what_a_spreadsheet_would_execute_gets_an_apostrophe(cell: str) -> None:
    assert inert(cell) == "'" + cell
    assert cells(csv_line(["x", cell]))[1].startswith("'")


def test_other_cells_stay() -> None:
    assert cells(csv_line(["甲", 'a,"b"\nc', ""])) == ["甲", 'a,"b"\nc', ""]


def test_contacts_are_masked_by_the_mapping_by_name_and_in_texts() -> None:
    header = ("会员号", "联络", "手机", "备注", "email")
    kinds = kinds_of(header, {"联络": "phone"})
    assert kinds == [None, ContactKind.PHONE, ContactKind.PHONE, None, ContactKind.EMAIL]
    row = FileRow(7, {}, ("M1", "13900000001", "139 0000 0002", "打13900000003", "lin@example.com"))
    shown = cells(reject_line(row, [WHY], kinds))
    assert shown[0] == "7"
    assert shown[1] == "id：单号是空的 / id: the business key is empty"
    assert shown[2:] == ["M1", "139****0001", "139****0002", "打139****0003", "l***@example.com"]


def test_a_json_row_is_masked_too() -> None:
    row = FileRow(1, {"phone": "021-62345678", "name": "林"}, ('{"phone": "021-62345678"}',))
    assert "62345678" not in reject_line(row, [WHY], [])


def test_reasons_quote_no_phone() -> None:
    problem = RuleProblem("number.unreadable", "“13900000001x”不是数字", "'+8613900000001' is no number")
    line = reject_line(FileRow(1, {}, ("a",)), [problem], [None])
    assert "13900000001'" not in line


def test_the_header_names_row_and_reason() -> None:
    assert cells(header_line(["甲"]))[2:] == ["甲"]
