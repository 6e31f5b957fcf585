from datetime import time

import pytest

from pipeline.business.tables import Table


def table(text: str) -> tuple[Table, list[str]]:
    problems: list[str] = []
    return Table.from_toml("x.toml", text, problems), problems


def test_values_are_read_as_what_they_are():
    found, problems = table(
        'a = "b"\nn = 3\ns = 1.5\nf = true\nt = 12:30:00\nl = ["x"]\n[in]\nk = 1'
    )
    assert found.text("a") == "b"
    assert found.whole("n") == 3
    assert found.seconds("s", 2) == 1.5
    assert found.flag("f") is True
    assert found.clock("t") == time(12, 30)
    assert found.texts("l") == ("x",)
    inner = found.table("in")
    assert inner.whole("k") == 1
    inner.close()
    found.close()
    assert problems == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "x.toml: k: is missing"),
        ("k = true", "x.toml: k: must be a whole number"),
        ("k = 1.0", "x.toml: k: must be a whole number"),
        ('k = "1"', "x.toml: k: must be a whole number"),
        ("k = -1", "x.toml: k: must be from 0 to 10"),
        ("k = 11", "x.toml: k: must be from 0 to 10"),
    ],
)
def test_what_is_no_whole_number_within_bounds_is_a_problem_and_reads_as_the_least(text, problem):
    found, problems = table(text)
    assert found.whole("k", 0, 10) == 0
    assert problems == [problem]


def test_every_reader_names_its_own_mistake_and_goes_on():
    found, problems = table("a = 1\nb = 1\nc = 1\nd = 1\ne = 1\nf = '1'\ng = ['', 1]")
    assert (found.text("a"), found.texts("b"), found.clock("c")) == ("", (), time(0))
    assert (found.flag("d"), found.seconds("f", 9), found.texts("g")) == (False, 0.0, ())
    assert found.table("e").names() == ()
    assert problems == [
        "x.toml: a: must be a string",
        "x.toml: b: must be a list of strings",
        "x.toml: c: must be a time such as 12:00:00, without quotes",
        "x.toml: d: must be true or false",
        "x.toml: f: must be a number of seconds from 0 to 9",
        "x.toml: g: must be a list of strings",
        "x.toml: e: must be a table",
    ]


def test_a_missing_table_is_one_problem_whatever_is_asked_of_it():
    found, problems = table("")
    inner = found.table("hours")
    inner.whole("open")
    inner.close()
    assert problems == ["x.toml: hours: is missing"]


def test_a_key_that_was_never_asked_for_is_a_problem():
    found, problems = table("a = 1\nb = 2")
    found.whole("a")
    assert found.peek("b") == 2
    found.close()
    assert problems == ["x.toml: b: is not a key here"]


def test_a_text_is_matched_whole():
    found, problems = table('zip = "945391"')
    assert found.text("zip", r"[0-9]{5}", "must be five digits") == ""
    assert problems == ["x.toml: zip: must be five digits"]
