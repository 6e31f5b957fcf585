"""The bench's loop keeps time, and its lines lose nothing."""

import socket
import time

from scripts.bench_voice_loop import Line, Loop


def test_timers_run_in_their_order_and_not_before_their_time():
    loop, ran = Loop(), []
    start = time.monotonic_ns()
    loop.at(start + 3_000_000, lambda now: (ran.append("second"), loop.stop()))
    loop.at(start + 2_500_000, lambda now: ran.append("first"))
    loop.run()
    assert ran == ["first", "second"]
    assert time.monotonic_ns() - start >= 3_000_000


def test_what_is_sent_arrives_with_its_moment_and_the_end_is_told():
    loop, found, ends = Loop(), [], []
    left, right = _pair()
    before = time.monotonic_ns()

    def take(data, now):
        found.append((data, now))
        sender.close()

    sender = Line(loop, left, lambda data, now: None)
    receiver = Line(loop, right, take)
    receiver.ended = lambda: (ends.append(True), loop.stop())
    loop.at(before, lambda now: sender.send(b"hello"))
    loop.run()
    assert [data for data, _ in found] == [b"hello"]
    assert found[0][1] > before
    assert ends == [True]
    assert receiver.closed


def test_what_the_other_side_does_not_take_is_kept():
    loop = Loop()
    left, right = _pair()
    got = bytearray()
    sender = Line(loop, left, lambda data, now: None)
    whole = bytes(range(256)) * 40_000
    sender.send(whole)
    right.setblocking(True)
    right.settimeout(5)
    sender.send(b".")
    while len(got) < len(whole) + 1:
        sender.send(b"")
        got += right.recv(1 << 20)
    assert bytes(got) == whole + b"."
    sender.close()
    right.close()


def _pair() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        left = socket.create_connection(listener.getsockname())
        right, _ = listener.accept()
    return left, right
