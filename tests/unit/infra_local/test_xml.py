"""What the simulator writes, a parser that is not its own reads."""

import xmltodict
from hypothesis import given
from hypothesis import strategies as st

from infra.local.simulator import xml

text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)


@given(text)
def test_any_text_survives(value: str) -> None:
    assert xml.read(xml.write({"Content": value})) == {"Content": value}
    parsed = xmltodict.parse(xml.write({"Content": value}), strip_whitespace=False)["xml"]
    assert (parsed or {}).get("Content") in {value, None if value == "" else value}


def test_fields_within_fields_and_lists() -> None:
    fields = {"Image": {"MediaId": "m"}, "Articles": [{"Title": "一"}, {"Title": "二"}], "Count": 2}

    assert xml.read(xml.write(fields)) == {**fields, "Count": "2"}
