"""A provider that is kept running can be reached, and is killed with its ``with`` block."""

from __future__ import annotations

import os
from pathlib import Path

from planproof.terraform.provider_server import provider_server
from tests.builders.lifeline import SURVIVES, Lifeline, lifeline

ENV = {"PATH": os.environ["PATH"]}


def provider(folder: Path, line: Lifeline) -> Path:
    """A fake provider that records its mode, prints its announcement and waits."""
    script = folder / "terraform-provider-aws_v1"
    announced = 'echo "Provider started:"; echo "  TF_REATTACH_PROVIDERS=\'{}\'"'
    script.write_text(
        f'#!/bin/sh\n{line.take}\necho "$1" > "{folder}/mode"\n{announced}\nexec {SURVIVES}\n',
        "utf-8",
    )
    script.chmod(0o755)
    return script


def test_announced_value_is_yielded_and_the_provider_ends_with_the_block(tmp_path: Path) -> None:
    with lifeline(tmp_path) as line:
        with provider_server(provider(tmp_path, line), ENV) as reattach:
            assert reattach == "{}"
            assert (tmp_path / "mode").read_text().strip() == "-debug"
            assert line.is_held
        assert line.last_words() == b""


def test_a_provider_without_debug_mode_yields_nothing(tmp_path: Path) -> None:
    script = tmp_path / "terraform-provider-aws_v1"
    script.write_text("#!/bin/sh\necho 'flag provided but not defined: -debug'\nexit 2\n", "utf-8")
    script.chmod(0o755)
    with provider_server(script, ENV) as reattach:
        assert reattach == ""
