"""Our end of a cell's socket: whole frames, however they come; and nothing is kept of a cell that nobody asked."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvloop

from labs.sandboxes.emulated.frames import LENGTHS, MAX_BODY, MAX_HEAD, Malformed, pack
from labs.sandboxes.emulated.lines import Line

Scene = Callable[[Line, socket.socket], Awaitable[Any]]


@pytest.fixture(params=["asyncio", "uvloop"])
def play(request: pytest.FixtureRequest) -> Callable[[Scene], Any]:
    """Run a scene with a line and its other end, in both event loops: the host has uvloop's."""

    async def scene_with_line(scene: Scene) -> Any:
        line, other = await Line.pair()
        try:
            with other:
                async with asyncio.timeout(20):
                    return await scene(line, other)
        finally:
            line.close()
            await line.wait_closed()

    run = asyncio.run if request.param == "asyncio" else uvloop.run
    return lambda scene: run(scene_with_line(scene))


async def _send(other: socket.socket, data: bytes) -> None:
    await asyncio.to_thread(other.sendall, data)


def test_frames_come_whole_and_in_order(play: Callable[[Scene], Any]) -> None:
    async def scene(line: Line, other: socket.socket) -> None:
        frames = [pack({"n": n}, bytes([n]) * n * 40_000) for n in range(5)]
        sending = asyncio.ensure_future(_send(other, b"".join(frames)))
        for n in range(5):
            assert await line.read() == ({"n": n}, bytes([n]) * n * 40_000)
        await sending

    play(scene)


def test_a_frame_comes_byte_by_byte(play: Callable[[Scene], Any]) -> None:
    async def scene(line: Line, other: socket.socket) -> None:
        reading = asyncio.ensure_future(line.read())
        for byte in pack({"a": "b"}, b"body"):
            other.sendall(bytes([byte]))
            await asyncio.sleep(0)
        assert await reading == ({"a": "b"}, b"body")

    play(scene)


def test_what_is_written_arrives_with_its_descriptor(play: Callable[[Scene], Any]) -> None:
    async def scene(line: Line, other: socket.socket) -> None:
        with socket.socket() as passed:
            line.write(b"order", [passed.fileno()])
        data, handles, _, _ = await asyncio.to_thread(socket.recv_fds, other, 5, 1)
        socket.close(handles[0])
        assert (data, len(handles)) == (b"order", 1)

    play(scene)


def test_the_end_is_told_after_what_came_before_it(play: Callable[[Scene], Any]) -> None:
    async def scene(line: Line, other: socket.socket) -> None:
        other.sendall(pack({"last": True}) + b"\0\0")
        other.close()
        assert await line.read() == ({"last": True}, b"")
        with pytest.raises(EOFError):
            await line.read()
        assert line.ended
        with pytest.raises(OSError):
            line.close()
            line.write(b"more")

    play(scene)


@pytest.mark.parametrize("lengths", [(MAX_HEAD + 1, 0), (0, MAX_BODY + 1), (0xFFFFFFFF, 0xFFFFFFFF)])
def test_one_that_announces_too_much_is_refused_at_once(play: Callable[[Scene], Any], lengths: tuple[int, int]) -> None:
    async def scene(line: Line, other: socket.socket) -> None:
        other.sendall(LENGTHS.pack(*lengths) + b"x")
        with pytest.raises(Malformed):
            await line.read()

    play(scene)


def test_a_head_that_is_no_json_is_refused(play: Callable[[Scene], Any]) -> None:
    async def scene(line: Line, other: socket.socket) -> None:
        other.sendall(LENGTHS.pack(3, 0) + b"{x}")
        with pytest.raises(Malformed):
            await line.read()

    play(scene)


def test_a_cell_that_talks_without_being_asked_fills_its_own_socket_only(play: Callable[[Scene], Any]) -> None:
    async def scene(line: Line, other: socket.socket) -> None:
        other.setblocking(False)
        sent = 0
        for _ in range(200):
            try:
                sent += other.send(bytes(1 << 20))
            except BlockingIOError:
                break
            await asyncio.sleep(0.001)
        else:
            pytest.fail("all of it was taken")
        assert len(line._received) < 2 << 20

    play(scene)
