"""The pool and the migrations."""

import asyncio

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.database import (
    Unreachable,
    connect,
    migrate,
    migrations,
    pending_migrations,
    storable,
    within,
)


async def test_migrations_run_once_even_from_several_processes_at_the_same_time(pool, database_dsn):
    await pool.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    names = [name for _, name, _ in migrations()]
    assert await pending_migrations(pool) == names
    ran = await asyncio.gather(*(migrate(database_dsn) for _ in range(5)))
    assert sorted(name for each in ran for name in each) == names
    assert await pending_migrations(pool) == []


def test_migrations_are_numbered_without_gaps():
    assert [number for number, _, _ in migrations()] == list(range(1, len(migrations()) + 1))


async def test_jsonb_comes_and_goes_as_python_values(database_dsn):
    connection = await connect(database_dsn)
    value = {"a": [1, None, "é"]}
    assert await connection.fetchval("SELECT $1::jsonb", value) == value
    await connection.close()


async def test_a_database_that_is_not_there_says_what_to_mend():
    with pytest.raises(Unreachable, match=r"cannot be reached.*mend DATABASE_URL"):
        await connect("postgresql://concierge@127.0.0.1:1/concierge")


@given(st.text(st.characters(), max_size=20))
def test_any_text_can_be_made_storable_and_a_good_one_stays_as_it_was(text):
    kept = storable(text)
    assert "\0" not in kept
    assert storable(kept) == kept
    assert kept.encode().decode() == kept
    if "\0" not in text and not any(0xD800 <= ord(each) < 0xE000 for each in text):
        assert kept == text


async def test_work_that_takes_too_long_is_left_at_once_and_ends_when_it_can(pool):
    begun, ended = asyncio.Event(), asyncio.Event()

    async def hangs():
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await begun.wait()  # a database that does not answer keeps even this waiting
            ended.set()
            raise

    with pytest.raises(TimeoutError):
        await within(0.01, hangs())
    await asyncio.wait_for(ended.wait(), 5)


async def test_work_that_is_done_in_time_gives_what_it_found_or_raises_what_it_raised(pool):
    assert await within(5, pool.fetchval("SELECT 7")) == 7
    with pytest.raises(asyncpg.UndefinedTableError):
        await within(5, pool.fetchval("SELECT * FROM nothing"))
