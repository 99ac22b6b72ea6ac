"""The fleet: what happens when a cell hangs, dies, or the zygote does; and what an operator is told."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from labs.sandboxes import Unavailable, jail, keys
from labs.sandboxes.emulated import fleet as fleet_module
from labs.sandboxes.emulated.fleet import CellGone, CellTimeout, Fleet
from labs.sandboxes.emulated.frames import CellResponse, Malformed, pack, unpack
from labs.sandboxes.emulated.tool import botocore_model, request_for

spec_of: Any = sys.modules["yard"].spec_of


def _who(box: Any) -> Any:
    return request_for(botocore_model("sts"), "GetCallerIdentity", {}, access_key=box.learner.access_key)


def test_a_killed_cell_is_gone_and_a_new_one_begins_anew(yard: Any) -> None:
    box = yard.open()
    box("s3", "CreateBucket", Bucket="lost-bucket")
    os.kill(box.cell.pid, signal.SIGKILL)
    with pytest.raises(CellGone):
        box.send(_who(box))
    assert not box.cell.alive
    with pytest.raises(CellGone):
        box.send(_who(box))
    again = yard.open(box.spec.number)
    assert again("s3", "ListBuckets").get("Buckets", []) == []
    again.close()


def test_a_cell_that_hangs_is_killed(yard: Any) -> None:
    box = yard.open()
    pid = box.cell.pid
    os.kill(pid, signal.SIGSTOP)
    began = time.monotonic()
    with pytest.raises(CellTimeout, match=r"gave no answer within 0\.5 s"):
        yard.run(box.cell.call(_who(box), seconds=0.5))
    assert time.monotonic() - began < 5
    assert not Path(f"/proc/{pid}").exists()


def test_calls_of_one_cell_are_answered_one_after_the_other(yard: Any, box: Any) -> None:
    async def many() -> list[CellResponse]:
        return list(await asyncio.gather(*(box.cell.call(replace(_who(box), seq=index)) for index in range(20))))

    answers = yard.run(many())
    assert {each.status for each in answers} == {200}
    assert len({each.request_id for each in answers}) == 20


def test_a_call_that_nobody_waits_for_any_more_does_not_answer_the_next(yard: Any) -> None:
    box = yard.open()

    async def give_up() -> None:
        task = asyncio.create_task(box.cell.call(_who(box)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    os.kill(box.cell.pid, signal.SIGSTOP)
    yard.run(give_up())
    assert not box.cell.alive


def test_closing_twice_is_closing_once_and_leaves_nothing(yard: Any) -> None:
    box = yard.open()
    pid, folder = box.cell.pid, box.cell.directory
    assert folder.is_dir()
    box.close()
    box.close()
    assert not folder.exists()
    assert not Path(f"/proc/{pid}").exists()


def test_a_large_object_goes_through_and_spools_into_the_cells_own_directory(yard: Any, box: Any) -> None:
    body = os.urandom(9 << 20)
    box("s3", "CreateBucket", Bucket="large-bucket")
    box("s3", "PutObject", Bucket="large-bucket", Key="k", Body=body)
    assert box("s3", "GetObject", Bucket="large-bucket", Key="k")["Body"] == body


def test_a_cell_that_cannot_be_made_costs_nobody_else_anything(yard: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    zygote = yard.fleet.report()["zygote"]
    blocked = yard.fleet._new_directory(spec_of(31_337))
    blocked.write_text("in the way")
    monkeypatch.setattr(yard.fleet, "_new_directory", lambda spec: blocked)
    with pytest.raises(Unavailable, match="no cell could be made for sandbox 31337"):
        yard.open(31_337)
    blocked.unlink()
    yard.open(31_337).close()
    assert yard.fleet.report()["zygote"] == zygote


def test_the_report_says_what_holds(yard: Any, box: Any) -> None:
    report = yard.fleet.report()
    assert report["warm"] is True
    assert report["jail"]["mode"] == "best"
    assert report["jail"]["layers"] == box.cell.layers
    assert report["cells"] >= 1
    if not jail.missing_layers() and os.geteuid() == 0:
        assert report["jail"]["warnings"] == []


def test_a_fleet_that_needs_a_jail_does_not_start_without(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(fleet_module, "missing_layers", lambda: ["landlock"])
    with pytest.raises(jail.JailUnavailable, match="offers no landlock"):
        asyncio.run(Fleet(tmp_path, jail="required").start())
    warned = Fleet(tmp_path, jail="best").report()["jail"]["warnings"]
    assert any("without landlock" in each for each in warned)


def test_a_cold_fleet_says_try_again(tmp_path: Path, box: Any) -> None:
    async def scene() -> None:
        cold = Fleet(tmp_path, jail="best")
        await cold.start()
        try:
            with pytest.raises(Unavailable, match="warming up"):
                await cold.open(box.spec)
        finally:
            await cold.stop()
        assert cold.report()["warm"] is False

    asyncio.run(scene())


async def _warm_again(fleet: Fleet) -> None:
    async with asyncio.timeout(170):
        while not fleet.report()["zygote_restarts"]:
            await asyncio.sleep(0)
        await fleet.warm.wait()


def test_a_zygote_that_dies_takes_its_cells_along_and_is_started_again(tmp_path: Path, yard: Any) -> None:
    own = type(yard)(tmp_path)
    box = own.open()
    os.kill(own.fleet.report()["zygote"], signal.SIGKILL)
    with pytest.raises(EOFError):  # the kernel closed it: it is dead
        own.run(box.cell.read())
    with pytest.raises(CellGone):
        box.send(_who(box))
    own.run(_warm_again(own.fleet), seconds=175)
    again = own.open(box.spec.number)
    assert again("sts", "GetCallerIdentity")["Account"] == box.spec.account_id
    assert own.fleet.report()["zygote_restarts"] == 1
    own.stop()


def test_a_host_removes_what_a_killed_one_left_and_nothing_that_is_in_use(tmp_path: Path) -> None:
    left, elsewhere = tmp_path / "skylab-cells-left", tmp_path / "something-else"
    for folder in (left, elsewhere):
        (folder / "7-1").mkdir(parents=True)
    _open_to_all(tmp_path)
    in_use, claim = fleet_module._cells_dir(tmp_path)
    made, other = fleet_module._cells_dir(tmp_path)
    assert not left.exists()
    assert elsewhere.exists()
    assert in_use.exists()
    for folder, handle in ((in_use, claim), (made, other)):
        os.close(handle)
        folder.rmdir()


def _open_to_all(folder: Path) -> None:
    """Let other uids pass: pytest's directories are closed to them, and a host that is root would go to /tmp."""
    for each in (folder, *folder.parents):
        if each.stat().st_uid == os.geteuid() and each.name.startswith(("pytest-", "test_")):
            each.chmod(0o711)


def test_a_frame_that_no_cell_would_send_is_refused() -> None:
    with pytest.raises(Malformed):
        unpack(b"\xff" * 8)
    with pytest.raises(Malformed):
        CellResponse.from_head({"status": "many", "headers": []}, b"")
    with pytest.raises(Malformed):
        CellResponse.from_head({"status": 200, "headers": [], "surprise": 1}, b"")
    frame = pack({"a": 1}, b"body")
    assert unpack(frame[:8]) == (7, 4)


def test_what_the_zygote_is_told_at_birth_gives_no_graders_secret(box: Any) -> None:
    said = box.spec.to_head()
    graders = keys.grader_secret(b"the master key of these tests", box.spec.number)
    assert graders.hex() not in str(said)
    assert said["secret"] == box.spec.secret.hex()
