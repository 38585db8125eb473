"""Excel keeps the reading that was typed for a Japanese text beside it (rPh): no part of the cell's value."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.connectors.formats.crafting import craft_xlsx
from tests.connectors.formats.opening import read_only_table

GUIDE = '<rPh sb="0" eb="2"><t>ヨミ</t></rPh><phoneticPr fontId="1"/>'
TEXTS = [
    f"<t>応募ID</t>{GUIDE}",
    f"<t>氏名</t>{GUIDE}",
    f"<t>A1</t>{GUIDE}",
    f'<r><t>山田</t></r><r><t xml:space="preserve"> 太郎</t></r>{GUIDE}',
]


@pytest.mark.parametrize("are_shared", [True, False])
def test_a_phonetic_guide_is_no_part_of_a_cell(tmp_path: Path, are_shared: bool) -> None:
    cells = [
        f'<c r="{place}" t="s"><v>{i}</v></c>'
        if are_shared
        else f'<c r="{place}" t="inlineStr"><is>{TEXTS[i]}</is></c>'
        for i, place in enumerate(("A1", "B1", "A2", "B2"))
    ]
    rows = f'<row r="1">{cells[0]}{cells[1]}</row><row r="2">{cells[2]}{cells[3]}</row>'
    strings = "".join(f"<si>{text}</si>" for text in TEXTS) if are_shared else ""
    reading = read_only_table(craft_xlsx(tmp_path / "a.xlsx", rows, strings=strings))
    assert reading.table.header == ("応募ID", "氏名")
    assert reading.rows == [("A1", "山田 太郎")]
