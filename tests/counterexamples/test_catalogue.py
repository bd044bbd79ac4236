"""Every requirement has a counterexample, which applies to the sources and has a description."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.builders.requirements import ALL
from tests.counterexamples.catalogue import FOLDER, Patch, counterexamples, read_case
from tests.pipelines.compliance import ROOT, SHIPPED, Case, lay

GOOD = """\
# Breaks: leaves the bucket as it is
# Caught by: REQ-05
# Also: REQ-14, REQ-15
# Evidence: aws_s3_bucket.b["x.y"].lifecycle_rule.0 at data archive_file.z
--- a/terraform/a.tf
+++ b/terraform/a.tf
@@ -1 +1 @@
-a = 1
+a = 2
"""


def _written(folder: Path, text: str, name: str = "REQ-05.patch") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_every_requirement_has_a_counterexample() -> None:
    assert {case.broken for case in counterexamples()} == set(ALL)


def test_every_requirement_under_also_exists() -> None:
    assert {name for case in counterexamples() for name in case.also} <= set(ALL)


def test_the_folder_has_no_other_patches() -> None:
    assert {path.name for path in FOLDER.glob("REQ*")} == {
        f"{case.name.split()[0]}.patch" for case in counterexamples()
    }


def test_the_header_of_a_patch(tmp_path: Path) -> None:
    path = _written(tmp_path, GOOD)
    assert read_case(path) == Case(
        "REQ-05 leaves the bucket as it is",
        SHIPPED,
        (Patch(path),),
        broken="REQ-05",
        address='aws_s3_bucket.b["x.y"]',
        attribute="lifecycle_rule.0",
        block="data archive_file.z",
        also=frozenset({"REQ-14", "REQ-15"}),
    )


@pytest.mark.parametrize(
    ("evidence", "address", "attribute"),
    [
        ("aws_iam_role.function", "aws_iam_role.function", ""),
        ("module.m[0].data.aws_x.y.z", "module.m[0].data.aws_x.y", "z"),
    ],
)
def test_the_location_of_the_evidence(
    evidence: str, address: str, attribute: str, tmp_path: Path
) -> None:
    lines = GOOD.splitlines(keepends=True)
    lines[3] = f"# Evidence: {evidence}\n"
    case = read_case(_written(tmp_path, "".join(lines), "REQ-05-again.patch"))
    assert (case.address, case.attribute, case.block) == (address, attribute, "")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("# Caught by: REQ-05\n", "", "it must have"),
        ("# Evidence: ", "# Evidence: nowhere ", "is not an address"),
        ("# Also: ", "# And: ", "it must have"),
        ("# Also: ", "# see ", "no such line"),
        ("# Also: REQ-14, REQ-15", "# Breaks: more", "is given twice"),
        ("by: REQ-05", "by: REQ-06", "it is caught by REQ-06"),
    ],
)
def test_a_malformed_header_is_refused(old: str, new: str, said: str, tmp_path: Path) -> None:
    assert GOOD.count(old) == 1
    with pytest.raises(AssertionError, match=f"^REQ-05.patch: .*{said}"):
        read_case(_written(tmp_path, GOOD.replace(old, new)))


def test_another_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="its name is not like"):
        read_case(_written(tmp_path, GOOD, "bucket.patch"))


def test_the_error_for_a_patch_that_no_longer_applies(tmp_path: Path) -> None:
    sources = tmp_path / "terraform"
    sources.mkdir()
    patch = Patch(_written(tmp_path, GOOD))
    (sources / "a.tf").write_text("b = 1\n", "utf-8")
    with pytest.raises(AssertionError, match=r"REQ-05\.patch no longer applies .*\n.*a\.tf"):
        patch.apply(tmp_path)
    (sources / "a.tf").write_text("a = 1\n", "utf-8")
    patch.apply(tmp_path)
    assert (sources / "a.tf").read_text("utf-8") == "a = 2\n"


def test_a_surrounding_repository_is_not_changed(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    shutil.copytree(ROOT / "terraform", tmp_path / "terraform")
    case = next(case for case in counterexamples() if case.broken == "REQ-06")
    lay(case, tmp_path / "copy")
    names = (tmp_path / "terraform/database.tf", tmp_path / "copy/terraform/database.tf")
    assert ['"video-assets"' in path.read_text("utf-8") for path in names] == [False, True]
