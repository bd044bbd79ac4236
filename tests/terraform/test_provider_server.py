"""A provider that is kept running can be reached, and is killed with its ``with`` block."""

from __future__ import annotations

import os
import time
from pathlib import Path

from planproof.terraform.provider_server import provider_server

ENV = {"PATH": os.environ["PATH"]}


def provider(folder: Path, announcement: str) -> Path:
    """A fake provider that records process id and mode, prints its announcement and waits."""
    script = folder / "terraform-provider-aws_v1"
    script.write_text(
        f'#!/bin/sh\necho $$ > "{folder}/pid"\necho "$1" > "{folder}/mode"\n'
        f"{announcement}\nexec sleep 60\n",
        "utf-8",
    )
    script.chmod(0o755)
    return script


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.is_file() or state.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_announced_value_is_yielded_and_the_provider_ends_with_the_block(tmp_path: Path) -> None:
    announced = 'echo "Provider started:"; echo "  TF_REATTACH_PROVIDERS=\'{}\'"'
    with provider_server(provider(tmp_path, announced), ENV) as reattach:
        assert reattach == "{}"
        pid = int((tmp_path / "pid").read_text())
        assert (tmp_path / "mode").read_text().strip() == "-debug"
        assert is_running(pid)
    deadline = time.monotonic() + 5
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_running(pid)


def test_a_provider_without_debug_mode_yields_nothing(tmp_path: Path) -> None:
    script = tmp_path / "terraform-provider-aws_v1"
    script.write_text("#!/bin/sh\necho 'flag provided but not defined: -debug'\nexit 2\n", "utf-8")
    script.chmod(0o755)
    with provider_server(script, ENV) as reattach:
        assert reattach == ""
