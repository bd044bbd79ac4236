"""A copy has what Terraform needs, nothing that would run, and leaves the original alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from planproof.errors import PlanproofError
from planproof.terraform.source_index import scan_text
from planproof.terraform.working_copy import (
    disarm_provisioners,
    lay_copy,
    references_above,
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
    with pytest.raises(PlanproofError, match=r"holds no \.tf files: name a directory"):
        source_files(tmp_path)
    with pytest.raises(PlanproofError, match="is not a directory: name a directory"):
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
def test_what_lies_above_and_is_referred_to(
    tmp_path: Path, files: dict[str, str], found: tuple[int, set[str]]
) -> None:
    depth, names = references_above(write(tmp_path / "stack", files))
    assert (depth, set(names)) == found


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A stack that names a folder beside it and one two levels above."""
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


def test_a_copy_has_the_layout_that_its_sources_refer_to(project: Path, tmp_path: Path) -> None:
    root = lay_copy(project / "terraform", tmp_path / "tree")
    assert root.name == "terraform"
    assert root.is_relative_to(tmp_path / "tree")
    assert (root / "modules/m/main.tf").is_file()
    assert (root / "terraform.tfvars").is_file()
    assert (root / "../lambda/handler.py").resolve().read_text() == "x = 1"
    assert (root / "../../shared/x.json").read_text() == "{}"
    # What is named is copied, so that Terraform may write beside it; the rest is linked.
    assert not (root.parent / "lambda").is_symlink()
    assert (root.parent / "other").is_symlink()


def test_state_tests_and_terraforms_own_data_are_left_behind(project: Path, tmp_path: Path) -> None:
    root = lay_copy(project / "terraform", tmp_path / "tree")
    left = {p.name for p in root.rglob("*")}
    assert left == {"main.tf", "modules", "m", "terraform.tfvars", "tests"}
    assert not (root.parent / ".git").exists()


def test_what_is_written_to_a_copy_does_not_reach_the_original(
    project: Path, tmp_path: Path
) -> None:
    root = lay_copy(project / "terraform", tmp_path / "tree")
    (root / "main.tf").write_text("changed")
    (root.parent / "lambda/handler.py").write_text("changed")
    (root.parent / "lambda/new.zip").write_text("new")
    assert "changed" not in (project / "terraform/main.tf").read_text()
    assert (project / "lambda/handler.py").read_text() == "x = 1"
    assert not (project / "lambda/new.zip").exists()


def test_a_copy_is_laid_afresh(project: Path, tmp_path: Path) -> None:
    root = lay_copy(project / "terraform", tmp_path / "tree")
    (root / "left_over.tf").write_text("")
    (project / "terraform/new.tf").write_text("")
    again = lay_copy(project / "terraform", tmp_path / "tree")
    assert again == root
    assert not (again / "left_over.tf").exists()
    assert (again / "new.tf").exists()
    assert (project / "other/file").exists()  # a linked folder is not emptied


def test_a_link_that_leads_nowhere_does_no_harm(project: Path, tmp_path: Path) -> None:
    (project / "terraform/dangling").symlink_to("nowhere")
    (project / "lambda/dangling.py").symlink_to("nowhere.py")
    assert lay_copy(project / "terraform", tmp_path / "tree").is_dir()


ARMED = """\
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


def test_provisioners_are_blanked_and_every_line_stays_where_it_is(tmp_path: Path) -> None:
    file = tmp_path / "main.tf"
    file.write_text(ARMED)
    assert disarm_provisioners(tmp_path) == 2
    text = file.read_text()
    assert "local-exec" not in text
    assert text.count("\n") == ARMED.count("\n")
    lines = text.splitlines()
    assert lines[11] == '  triggers = { provisioner = "kept" }'
    assert lines[14] == 'variable "provisioner" {}'
    (block, _) = scan_text(text, "main.tf")
    assert not block.blocks
    assert disarm_provisioners(tmp_path) == 0


@pytest.mark.parametrize("odd", ["\u2028", "\x0b", "\x1c", "\r\n"])
def test_odd_line_separators_blank_nothing_else(tmp_path: Path, odd: str) -> None:
    file = tmp_path / "main.tf"
    file.write_bytes((f"# a{odd}# b\n" + ARMED).encode())
    assert disarm_provisioners(tmp_path) == 2
    text = file.read_text("utf-8")
    assert "local-exec" not in text
    assert 'triggers = { provisioner = "kept" }' in text


def test_provisioners_in_json_are_blanked(tmp_path: Path) -> None:
    file = tmp_path / "main.tf.json"
    file.write_text(
        '{"resource": {"null_resource": {"a": {\n  "provisioner": [{"local-exec":\n'
        '    {"command": "touch ran"}}],\n  "triggers": {"x": "kept"}}}}}\n'
    )
    lines = file.read_text().count("\n")
    assert disarm_provisioners(tmp_path) == 1
    text = file.read_text()
    (block,) = scan_text(text, "main.tf.json")
    assert "provisioner" not in block.attributes
    assert '"//": [{"local-exec":' in text
    assert '"triggers": {"x": "kept"}' in text
    assert text.count("\n") == lines


def test_provisioners_may_be_counted_only(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(ARMED)
    assert disarm_provisioners(tmp_path, write=False) == 2
    assert (tmp_path / "main.tf").read_text() == ARMED
