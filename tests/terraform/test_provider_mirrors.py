"""Provider mirrors, and the CLI configuration that names them."""

from __future__ import annotations

from pathlib import Path

import pytest

from planproof.terraform import provider_mirrors
from planproof.terraform.provider_mirrors import cli_configuration, default_mirrors, find_mirrors

REGISTRY = "registry.terraform.io"


def mirror(folder: Path, *addresses: str) -> Path:
    for address in addresses:
        (folder / REGISTRY / address / "1.0.0").mkdir(parents=True)
    return folder


def test_a_mirror_is_a_folder_with_a_registry_in_it(tmp_path: Path) -> None:
    good = mirror(tmp_path / "good", "hashicorp/aws", "example/thing")
    (good / REGISTRY / "hashicorp/file.txt").write_text("")
    empty, other = tmp_path / "empty", tmp_path / "other"
    empty.mkdir()
    (other / "registry.opentofu.org/hashicorp/aws").mkdir(parents=True)
    missing = tmp_path / "missing"
    assert find_mirrors([good, empty, other, missing], REGISTRY) == {
        good: (f"{REGISTRY}/example/thing", f"{REGISTRY}/hashicorp/aws")
    }
    assert list(find_mirrors([other], "registry.opentofu.org")) == [other]


def test_an_unreadable_folder_is_not_a_mirror(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "glob", refuse)
    assert find_mirrors([tmp_path], REGISTRY) == {}


def test_default_folders_are_terraforms_and_add_on_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_DATA_DIRS", f"{tmp_path / 'share'}:")
    monkeypatch.setattr(provider_mirrors, "ADD_ON_FOLDERS", mirror(tmp_path / "add-ons/x").parent)
    found = default_mirrors()
    assert found[:3] == (
        tmp_path / "home/.terraform.d/plugins",
        tmp_path / "data/terraform/plugins",
        tmp_path / "share/terraform/plugins",
    )
    monkeypatch.setattr(provider_mirrors, "ADD_ON_FOLDERS", tmp_path / "nowhere")
    assert default_mirrors() == found[: len(default_mirrors())]


def test_providers_of_a_mirror_come_from_it_and_the_rest_directly(tmp_path: Path) -> None:
    one, two = tmp_path / 'a "quoted" \\ folder', tmp_path / "two"
    text = cli_configuration(
        {one: (f"{REGISTRY}/hashicorp/aws",), two: (f"{REGISTRY}/hashicorp/archive",)},
        plugin_cache=tmp_path / "cache",
    )
    quoted = str(one).replace("\\", "\\\\").replace('"', '\\"')
    assert f'path    = "{quoted}"' in text
    assert f'plugin_cache_dir = "{tmp_path / "cache"}"' in text
    direct = text[text.index("direct {") :]
    assert f'exclude = ["{REGISTRY}/hashicorp/archive", "{REGISTRY}/hashicorp/aws"]' in direct


def test_without_mirrors_all_providers_come_directly() -> None:
    text = cli_configuration({})
    assert "filesystem_mirror" not in text
    assert "plugin_cache_dir" not in text
    assert "exclude = []" in text
