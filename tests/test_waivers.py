"""Waivers are validated strictly, and cover only their requirement, address and period."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from planproof.errors import PlanproofError
from planproof.results import Evidence, Waiver
from planproof.waivers import read_waivers, waiver_for

GOOD = 'requirement = "REQ-05"\nreason = "accepted until the audit"\nuntil = 2027-01-31\n'
TODAY = dt.date(2027, 1, 31)


def read(tmp_path: Path, text: str) -> tuple[Waiver, ...]:
    file = tmp_path / "waivers.toml"
    file.write_text(text, "utf-8")
    return read_waivers(file)


def violations(*addresses: str) -> list[Evidence]:
    return [Evidence(False, address, "", "e", "f") for address in addresses]


def test_without_a_file_there_are_no_waivers() -> None:
    assert read_waivers(None) == ()


def test_waivers_are_read(tmp_path: Path) -> None:
    address = 'address = "aws_s3_bucket.b"\n'
    found = read(tmp_path, f"[[waiver]]\n{GOOD}[[waiver]]\n{GOOD}{address}")
    plain = Waiver("REQ-05", "accepted until the audit", dt.date(2027, 1, 31))
    assert found[0] == plain
    assert found[1].address == "aws_s3_bucket.b"
    assert read(tmp_path, f"[waiver]\n{GOOD}") == (plain,)
    assert read(tmp_path, "") == ()


def test_a_date_may_have_a_time(tmp_path: Path) -> None:
    text = GOOD.replace("2027-01-31", "2027-01-31T12:00:00")
    assert read(tmp_path, f"[[waiver]]\n{text}")[0].until == dt.date(2027, 1, 31)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[[waiver", "is not TOML"),
        ("waiver = 3", "waiver 1 in"),
        ("[[waivers]]\n" + GOOD, "unknown table 'waivers'"),
        ("[[waiver]]\n" + GOOD.replace("reason", "raison"), "has no reason"),
        ("[[waiver]]\n" + GOOD.replace("accepted until the audit", " "), "has no reason"),
        ("[[waiver]]\n" + GOOD.replace("2027-01-31", '"2027-01-31"'), "has no until"),
        ("[[waiver]]\n" + GOOD.replace('"REQ-05"', "5"), "has no requirement"),
        ("[[waiver]]\n" + GOOD + 'adress = "aws_x.y"\n', "unknown key 'adress'"),
        ("[[waiver]]\n" + GOOD + "address = 3\n", "an address that is not a string"),
        ("[[waiver]]\n" + GOOD + "[[waiver]]\n", "waiver 2 in"),
    ],
)
def test_invalid_waivers_are_refused(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(PlanproofError) as caught:
        read(tmp_path, text)
    assert problem in caught.value.sentence
    assert "waivers.toml" in caught.value.what
    assert "[[waiver]]" in caught.value.todo


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PlanproofError, match=r"missing\.toml cannot be read"):
        read_waivers(tmp_path / "missing.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(PlanproofError, match="is not TOML"):
        read_waivers(tmp_path / "binary.toml")


def test_a_waiver_covers_its_requirement_until_its_last_day() -> None:
    waiver = Waiver("REQ-05", "r", TODAY)
    day = dt.timedelta(days=1)
    assert waiver_for([waiver], "REQ-05", violations("a"), TODAY) is waiver
    assert waiver_for([waiver], "REQ-05", violations("a"), TODAY + day) is None
    assert waiver_for([waiver], "REQ-06", violations("a"), TODAY) is None


def test_a_waiver_for_one_resource_covers_no_other() -> None:
    waiver = Waiver("REQ-05", "r", TODAY, "aws_s3_bucket.b")
    assert waiver_for([waiver], "REQ-05", violations("aws_s3_bucket.b"), TODAY) is waiver
    assert waiver_for([waiver], "REQ-05", violations("aws_s3_bucket.b", "c"), TODAY) is None
    assert waiver_for([waiver], "REQ-05", violations("aws_s3_bucket.bb"), TODAY) is None
    assert waiver_for([waiver], "REQ-05", [], TODAY) is None


def test_undetermined_evidence_of_another_address_is_not_covered() -> None:
    waiver = Waiver("REQ-05", "r", TODAY, "a")
    items = [Evidence(h, a, "", "e", "f") for h, a in ((False, "a"), (None, "b"), (True, "c"))]
    assert waiver_for([waiver], "REQ-05", items, TODAY) is None
    assert waiver_for([waiver], "REQ-05", [items[0], items[2]], TODAY) is waiver
