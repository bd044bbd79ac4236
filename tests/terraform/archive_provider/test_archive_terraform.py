"""Terraform plans and applies all forms of archive_file with the stand-in."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.terraform

COMPUTED = {
    "id",
    "output_md5",
    "output_sha",
    "output_sha256",
    "output_base64sha256",
    "output_sha512",
    "output_base64sha512",
    "output_size",
}

EVERY_FORM = """
data "archive_file" "file" {
  type        = "zip"
  source_file = "${path.module}/src/run.sh"
  output_path = "${path.module}/build/file.zip"
}
data "archive_file" "dir" {
  type             = "zip"
  source_dir       = "${path.module}/src"
  excludes         = ["**/*.pyc", "docs"]
  output_file_mode = "0644"
  output_path      = "${path.module}/build/dir.zip"
}
data "archive_file" "links" {
  type                        = "tar.gz"
  source_dir                  = "${path.module}/src"
  exclude_symlink_directories = true
  output_path                 = "${path.module}/build/links.tar.gz"
}
data "archive_file" "content" {
  type                    = "tar.gz"
  source_content          = "hello"
  source_content_filename = "a/hello.txt"
  output_path             = "${path.module}/build/content.tar.gz"
}
data "archive_file" "blocks" {
  type        = "zip"
  output_path = "${path.module}/build/blocks.zip"
  dynamic "source" {
    for_each = { "b.txt" = "two", "a.txt" = "one" }
    content {
      filename = source.key
      content  = source.value
    }
  }
}
output "all" {
  value = {
    file    = data.archive_file.file
    dir     = data.archive_file.dir
    links   = data.archive_file.links
    content = data.archive_file.content
    blocks  = data.archive_file.blocks
  }
}
"""
EXPECTED = {
    "file": {"run.sh": 0o755},
    "dir": {"link/note.txt": 0o644, "pkg/m.py": 0o644, "run.sh": 0o644},
    "links": {"docs/note.txt": 0o600, "pkg/m.py": 0o644, "pkg/m.pyc": 0o644, "run.sh": 0o755},
    "content": {"a/hello.txt": 0o644},
    "blocks": {"a.txt": 0o644, "b.txt": 0o644},
}


def lay_sources(folder: Path, *, time: int) -> None:
    for name, mode in {
        "run.sh": 0o755,
        "pkg/m.py": 0o644,
        "pkg/m.pyc": 0o644,
        "docs/note.txt": 0o600,
    }.items():
        file = folder / "src" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"content of {name}")
        file.chmod(mode)
        os.utime(file, (time, time))
    if not (folder / "src" / "link").is_symlink():
        (folder / "src" / "link").symlink_to("docs")


def modes(path: Path) -> dict[str, int]:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            return {one.filename: one.external_attr >> 16 & 0o7777 for one in archive.infolist()}
    with tarfile.open(path, "r:gz") as archive:
        return {one.name: one.mode for one in archive}


def hashes(data: bytes) -> dict[str, object]:
    sha1, sha256, sha512 = hashlib.sha1(data), hashlib.sha256(data), hashlib.sha512(data)
    return {
        "id": sha1.hexdigest(),
        "output_md5": hashlib.md5(data).hexdigest(),
        "output_sha": sha1.hexdigest(),
        "output_sha256": sha256.hexdigest(),
        "output_base64sha256": base64.b64encode(sha256.digest()).decode(),
        "output_sha512": sha512.hexdigest(),
        "output_base64sha512": base64.b64encode(sha512.digest()).decode(),
        "output_size": len(data),
    }


def test_every_form_has_every_hash_and_its_bytes_change_with_its_sources_only(
    workdir, tmp_path: Path, temporary: Path
) -> None:
    lay_sources(workdir.folder, time=1_000_000_000)
    workdir.write(EVERY_FORM)
    values = workdir.apply()["all"]
    assert values.keys() == EXPECTED.keys()
    first = {}
    for name, value in values.items():
        path = workdir.folder / value["output_path"]
        first[name] = path.read_bytes()
        assert {key: value[key] for key in COMPUTED} == hashes(first[name]), name
        assert modes(path) == EXPECTED[name], name
    assert (zipfile.ZipFile(io.BytesIO(first["blocks"])).read("b.txt")) == b"two"
    assert values["blocks"]["source"] == [
        {"content": "one", "filename": "a.txt"},
        {"content": "two", "filename": "b.txt"},
    ]

    for path in (workdir.folder / "build").iterdir():
        path.unlink()
    lay_sources(workdir.folder, time=1_700_000_000)
    again = workdir.run("plan", "-input=false", "-detailed-exitcode")
    assert again.returncode == 0, again.stdout
    for name, value in values.items():
        assert (workdir.folder / value["output_path"]).read_bytes() == first[name], name

    (workdir.folder / "src/pkg/m.py").write_text("changed")
    after = workdir.apply()["all"]
    assert after["dir"]["output_base64sha256"] != values["dir"]["output_base64sha256"]
    assert after["links"]["id"] != values["links"]["id"]
    assert after["file"] == values["file"]

    assert list((tmp_path / "home").iterdir()) == [], "the provider keeps nothing at home"
    assert list(temporary.iterdir()) == [], "nor among temporary files"


RESOURCE = """
variable "text" {
  type = string
}
variable "exclude_links" {
  default = false
}
resource "terraform_data" "later" {
  input = var.text
}
resource "archive_file" "dir" {
  type                        = "zip"
  source_dir                  = "${path.module}/src"
  excludes                    = ["*.pyc", terraform_data.later.output]
  exclude_symlink_directories = var.exclude_links
  output_path                 = "${path.module}/dir.zip"
}
resource "archive_file" "block" {
  type        = "tar.gz"
  output_path = "${path.module}/block.tar.gz"
  source {
    filename = "a"
    content  = terraform_data.later.output
  }
}
resource "archive_file" "many" {
  type        = "zip"
  output_path = "${path.module}/many.zip"
  dynamic "source" {
    for_each = toset([terraform_data.later.output])
    content {
      filename = source.value
      content  = ""
    }
  }
}
data "archive_file" "deferred" {
  type                    = "zip"
  source_content          = terraform_data.later.output
  source_content_filename = "a"
  output_path             = "${path.module}/deferred.zip"
}
data "archive_file" "elsewhere" {
  type        = "zip"
  source_dir  = terraform_data.later.output == "" ? "" : "${path.module}/src"
  output_path = "${path.module}/elsewhere.zip"
}
output "ids" {
  value = {
    dir       = archive_file.dir.id
    block     = archive_file.block.id
    many      = archive_file.many.id
    deferred  = data.archive_file.deferred.id
    elsewhere = data.archive_file.elsewhere.id
  }
}
"""


def sha1s(folder: Path) -> dict[str, str]:
    return {
        name: hashlib.sha1(next(folder.glob(f"{name}.*")).read_bytes()).hexdigest()
        for name in ("dir", "block", "many", "deferred", "elsewhere")
    }


def test_unknown_arguments_leave_every_hash_unknown_until_apply(workdir) -> None:
    """A resource is created, replaced, updated and deleted."""
    lay_sources(workdir.folder, time=1)
    workdir.write(RESOURCE)
    changes = workdir.plan("-var=text=run.sh")
    for name in ("dir", "block", "many"):
        change = changes[f"archive_file.{name}"]
        assert change["actions"] == ["create"]
        assert {key for key in COMPUTED if change["after_unknown"].get(key) is True} == COMPUTED
    for name in ("deferred", "elsewhere"):
        assert changes[f"data.archive_file.{name}"]["actions"] == ["read"]
    assert not list(workdir.folder.glob("*.zip")), "a plan with unknowns builds nothing"

    first = workdir.apply("plan")["ids"]
    assert first == sha1s(workdir.folder)
    assert set(modes(workdir.folder / "dir.zip")) == {
        "docs/note.txt",
        "link/note.txt",
        "pkg/m.py",
        "pkg/m.pyc",
    }
    assert workdir.run("plan", "-var=text=run.sh", "-detailed-exitcode").returncode == 0

    # A changed argument replaces it, also if the new value is unknown.
    changes = workdir.plan("-var=text=two")
    for name, path in (("dir", "excludes"), ("block", "source"), ("many", "source")):
        change = changes[f"archive_file.{name}"]
        assert change["actions"] == ["delete", "create"], name
        assert [path] in change["replace_paths"], name
        assert change["after_unknown"]["output_sha256"] is True

    # Only this argument updates it in place.
    changes = workdir.plan("-var=text=run.sh", "-var=exclude_links=true")
    change = changes["archive_file.dir"]
    assert change["actions"] == ["update"]
    assert {key for key in COMPUTED if change["after_unknown"].get(key) is True} == COMPUTED
    assert changes["archive_file.block"]["actions"] == ["no-op"]
    second = workdir.apply("plan")["ids"]
    assert second["dir"] != first["dir"]
    assert second == sha1s(workdir.folder)
    assert "link/note.txt" not in modes(workdir.folder / "dir.zip")

    # A changed file is detected at the next refresh.
    (workdir.folder / "src/pkg/m.pyc").write_text("changed")
    third = workdir.apply("-var=text=run.sh", "-var=exclude_links=true")["ids"]
    assert third["dir"] != second["dir"]
    assert third == sha1s(workdir.folder)

    workdir.run("destroy", "-auto-approve", "-var=text=run.sh")
    assert json.loads(workdir.run("show", "-json").stdout).get("values") is None


REFINED = """
resource "terraform_data" "later" {
  input = "zip"
}
locals {
  # Unknown values with refinements: not null, and some with a known prefix.
  later = terraform_data.later.output == "zip"
}
data "archive_file" "it" {
  type                        = local.later ? "zip" : "tar.gz"
  source_dir                  = "${path.module}/${local.later ? "src" : "no"}"
  excludes                    = local.later ? ["*.pyc"] : []
  exclude_symlink_directories = local.later ? true : false
  output_file_mode            = "06${local.later ? "00" : "44"}"
  output_path                 = "${path.module}/${local.later ? "data" : "no"}.zip"
}
resource "archive_file" "it" {
  type                        = local.later ? "zip" : "tar.gz"
  source_dir                  = "${path.module}/${local.later ? "src" : "no"}"
  excludes                    = local.later ? ["*.pyc"] : []
  exclude_symlink_directories = local.later ? true : false
  output_file_mode            = "06${local.later ? "00" : "44"}"
  output_path                 = "${path.module}/${local.later ? "resource" : "no"}.zip"
}
output "ids" {
  value = {
    data     = data.archive_file.it.id
    resource = archive_file.it.id
  }
}
"""


def test_unknown_arguments_with_refinements(workdir) -> None:
    lay_sources(workdir.folder, time=1)
    workdir.write(REFINED)
    changes = workdir.plan()
    data, resource = changes["data.archive_file.it"], changes["archive_file.it"]
    assert (data["actions"], resource["actions"]) == (["read"], ["create"])
    for name in ("type", "source_dir", "excludes", "output_file_mode", "output_path"):
        assert data["after_unknown"][name] is True
        assert resource["after_unknown"][name] is True
    for kind, identity in workdir.apply()["ids"].items():
        built = workdir.folder / f"{kind}.zip"
        assert hashlib.sha1(built.read_bytes()).hexdigest() == identity
        assert set(modes(built).values()) == {0o600}


def test_content_of_several_megabytes(workdir) -> None:
    (workdir.folder / "big.txt").write_bytes(b"0123456789abcdef" * 400_000)
    workdir.write("""
data "archive_file" "big" {
  type                    = "zip"
  source_content          = file("${path.module}/big.txt")
  source_content_filename = "big.txt"
  output_path             = "${path.module}/big.zip"
}
output "id" {
  value = data.archive_file.big.id
}
""")
    identity = workdir.apply()["id"]
    data = (workdir.folder / "big.zip").read_bytes()
    assert hashlib.sha1(data).hexdigest() == identity
    assert zipfile.ZipFile(io.BytesIO(data)).getinfo("big.txt").file_size == 6_400_000
