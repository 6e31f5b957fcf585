"""What callers sound like."""

from pathlib import Path

from pipeline.attendant.mulaw import SILENCE

FOLDER = Path(__file__).parents[2] / "samples" / "caller"


def caller(name: str) -> bytes:
    """A sample caller's mu-law audio, without its WAV header."""
    data = (FOLDER / f"{name}.wav").read_bytes()
    start = data.index(b"data") + 8
    return data[start : start + int.from_bytes(data[start - 4 : start], "little")]


def words(name: str) -> bytes:
    """The same without the near-second of silence at its end."""
    return caller(name).rstrip(b"\xff\x7f\xfe\x7e\xfd\x7d")


def silence(ms: int) -> bytes:
    """Digital silence."""
    return SILENCE * (8 * ms)


def frames(audio: bytes) -> list[bytes]:
    """As a carrier sends it: 20 ms at a time."""
    return [audio[at : at + 160] for at in range(0, len(audio), 160)]
