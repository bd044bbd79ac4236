"""Copies of Terraform directories: their content, their layout, and no provisioners."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from planproof.errors import PlanproofError
from planproof.terraform.source_index import scan_text
from planproof.terraform.working_copy import (
    copy_sources,
    references_above,
    remove_blocks,
    remove_provisioners,
    source_files,
)


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return root


def test_overrides_are_read_last(tmp_path: Path) -> None:
    names = ["z.tf", "a_override.tf", "override.tf.json", "b.tf.json", "notes.md", "x.tfvars"]
    write(tmp_path, dict.fromkeys(names, ""))
    found = [p.name for p in source_files(tmp_path)]
    assert found == ["b.tf.json", "z.tf", "a_override.tf", "override.tf.json"]


def test_a_directory_without_sources_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PlanproofError, match=r"no \.tf files.*--terraform-dir"):
        source_files(tmp_path)
    with pytest.raises(PlanproofError, match=r"missing is not a directory.*--terraform-dir"):
        source_files(tmp_path / "missing")


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"main.tf": 'x = "./lambda"'}, (1, set())),
        ({"main.tf": 'x = "../lambda"'}, (1, {"lambda"})),
        ({"main.tf": 'x = "${path.module}/../../shared/x.json"'}, (2, {"shared"})),
        ({"main.tf": 'x = "../a" \n y = "../../b"'}, (2, {"a", "b"})),
        ({"modules/m/main.tf": 'x = "../other"'}, (1, set())),  # still inside
        ({"modules/m/main.tf": 'x = "../../../lambda/x"'}, (1, {"lambda"})),
        ({"main.tf": 'x = "../${var.dir}"'}, (1, set())),
        ({"main.tf.json": '{"x": "../lambda"}'}, (1, {"lambda"})),
        ({"dev.tfvars": 'x = "../lambda"'}, (1, {"lambda"})),
        ({"README.md": "../lambda"}, (1, set())),
        ({".terraform/m/main.tf": 'x = "../../../../../lambda"'}, (1, set())),
    ],
)
def test_references_to_parent_folders(
    tmp_path: Path, files: dict[str, str], found: tuple[int, set[str]]
) -> None:
    depth, names = references_above(write(tmp_path / "stack", files))
    assert (depth, set(names)) == found


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A stack that refers to a folder beside it and one two levels above."""
    return write(
        tmp_path / "company/project",
        {
            "terraform/main.tf": 'x = "../lambda"\ny = "../../shared/x.json"\n',
            "terraform/modules/m/main.tf": "",
            "terraform/terraform.tfstate": "secrets",
            "terraform/terraform.tfstate.backup": "secrets",
            "terraform/own.tftest.hcl": 'run "x" {}',
            "terraform/tests/own.tftest.json": "{}",
            "terraform/.terraform/x": "",
            "terraform/.git/x": "",
            "terraform/terraform.tfvars": "a = 1",
            "lambda/handler.py": "x = 1",
            "other/file": "",
            ".git/config": "",
            "../shared/x.json": "{}",
            "../unrelated/file": "",
        },
    )


def test_a_copy_has_the_parent_folders_that_its_sources_refer_to(
    project: Path, tmp_path: Path
) -> None:
    root = copy_sources(project / "terraform", tmp_path / "tree")
    assert root.name == "terraform"
    assert root.is_relative_to(tmp_path / "tree")
    assert (root / "modules/m/main.tf").is_file()
    assert (root / "terraform.tfvars").is_file()
    assert (root / "../lambda/handler.py").resolve().read_text() == "x = 1"
    assert (root / "../../shared/x.json").read_text() == "{}"
    # Folders referred to are copied, so that Terraform can write to them; the rest is linked.
    assert not (root.parent / "lambda").is_symlink()
    assert (root.parent / "other").is_symlink()


def test_state_tests_and_terraforms_data_are_not_copied(project: Path, tmp_path: Path) -> None:
    root = copy_sources(project / "terraform", tmp_path / "tree")
    left = {p.name for p in root.rglob("*")}
    assert left == {"main.tf", "modules", "m", "terraform.tfvars", "tests"}
    assert not (root.parent / ".git").exists()


def test_writing_to_a_copy_leaves_the_original_unchanged(project: Path, tmp_path: Path) -> None:
    root = copy_sources(project / "terraform", tmp_path / "tree")
    (root / "main.tf").write_text("changed")
    (root.parent / "lambda/handler.py").write_text("changed")
    (root.parent / "lambda/new.zip").write_text("new")
    assert "changed" not in (project / "terraform/main.tf").read_text()
    assert (project / "lambda/handler.py").read_text() == "x = 1"
    assert not (project / "lambda/new.zip").exists()


def test_an_earlier_copy_is_replaced(project: Path, tmp_path: Path) -> None:
    root = copy_sources(project / "terraform", tmp_path / "tree")
    (root / "left_over.tf").write_text("")
    (project / "terraform/new.tf").write_text("")
    again = copy_sources(project / "terraform", tmp_path / "tree")
    assert again == root
    assert not (again / "left_over.tf").exists()
    assert (again / "new.tf").exists()
    assert (project / "other/file").exists()  # a linked folder is not emptied


def test_dangling_links_are_ignored(project: Path, tmp_path: Path) -> None:
    (project / "terraform/dangling").symlink_to("nowhere")
    (project / "lambda/dangling.py").symlink_to("nowhere.py")
    assert copy_sources(project / "terraform", tmp_path / "tree").is_dir()


WITH_PROVISIONERS = """\
resource "null_resource" "a" {
  provisioner "local-exec" {
    command = "touch ran }"
  }

  provisioner "local-exec" {
    when    = destroy
    command = <<-EOT
      touch ran
    EOT
  }
  triggers = { provisioner = "kept" }
}

variable "provisioner" {}
"""


def test_provisioners_are_removed_and_line_numbers_stay(tmp_path: Path) -> None:
    file = tmp_path / "main.tf"
    file.write_text(WITH_PROVISIONERS)
    assert remove_provisioners(tmp_path) == 2
    text = file.read_text()
    assert "local-exec" not in text
    assert text.count("\n") == WITH_PROVISIONERS.count("\n")
    lines = text.splitlines()
    assert lines[11] == '  triggers = { provisioner = "kept" }'
    assert lines[14] == 'variable "provisioner" {}'
    (block, _) = scan_text(text, "main.tf")
    assert not block.blocks
    assert remove_provisioners(tmp_path) == 0


@pytest.mark.parametrize("odd", ["\u2028", "\x0b", "\x1c", "\r\n"])
def test_unusual_line_separators_do_not_shift_the_removed_text(tmp_path: Path, odd: str) -> None:
    file = tmp_path / "main.tf"
    file.write_bytes((f"# a{odd}# b\n" + WITH_PROVISIONERS).encode())
    assert remove_provisioners(tmp_path) == 2
    text = file.read_text("utf-8")
    assert "local-exec" not in text
    assert 'triggers = { provisioner = "kept" }' in text


def test_provisioners_in_json_are_removed(tmp_path: Path) -> None:
    file = tmp_path / "main.tf.json"
    file.write_text(
        '{"resource": {"null_resource": {"a": {\n  "provisioner": [{"local-exec":\n'
        '    {"command": "touch ran"}}],\n  "triggers": {"x": "kept"}}}}}\n'
    )
    lines = file.read_text().count("\n")
    assert remove_provisioners(tmp_path) == 1
    text = file.read_text()
    (block,) = scan_text(text, "main.tf.json")
    assert "provisioner" not in block.attributes
    assert '"//": [{"local-exec":' in text
    assert '"triggers": {"x": "kept"}' in text
    assert text.count("\n") == lines


def test_provisioners_can_be_counted_only(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(WITH_PROVISIONERS)
    assert remove_provisioners(tmp_path, write=False) == 2
    assert (tmp_path / "main.tf").read_text() == WITH_PROVISIONERS


BLOCKS = """\
import {
  to = aws_x.y
  id = "y"
}

check "import" {
  assert {
    condition     = false
    error_message = "no"
  }
}

resource "aws_x" "check" {
  import = "check"
}
"""


def test_blocks_without_effect_are_removed_and_line_numbers_stay(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(BLOCKS)
    remove_blocks(tmp_path, ("import", "check"))
    text = (tmp_path / "main.tf").read_text()
    (resource,) = scan_text(text, "main.tf")
    assert (resource.kind, resource.line) == ("resource", 13)
    assert resource.attributes["import"].text == '"check"'
    assert text.count("\n") == BLOCKS.count("\n")
    (tmp_path / "main.tf").write_text(BLOCKS)
    remove_blocks(tmp_path, ("import",))
    assert [b.kind for b in scan_text((tmp_path / "main.tf").read_text(), "main.tf")] == [
        "check",
        "resource",
    ]


def test_blocks_without_effect_are_removed_from_json(tmp_path: Path) -> None:
    text = (
        '{"check": {"a": {"assert": [{"condition": false}]}},\n "import": [{"id": "y"}],\n'
        ' "resource": {"aws_x": {"y": {"check": "import", "import": {"check": 1}}}}}'
    )
    (tmp_path / "main.tf.json").write_text(text)
    remove_blocks(tmp_path, ("import", "check"))
    found = json.loads((tmp_path / "main.tf.json").read_text())
    assert found["resource"] == json.loads(text)["resource"]
    assert set(found) == {"//", "resource"}
    (tmp_path / "main.tf.json").write_text('{"check": ')
    remove_blocks(tmp_path, ("check",))  # Terraform reports what is wrong with it
