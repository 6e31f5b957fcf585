"""The business in force: loaded, and followed as versions come."""

import asyncio

import pytest
from pydantic import SecretStr

from gateway import business
from pipeline.errors import BusinessError
from storage import businesses
from storage.people import Actor

ANN = Actor("ann", "owner")


async def changed(pool, note):
    """A new version whose only change is the help text."""
    _, files = await businesses.current(pool, "my_hibachi")
    old = files["business.toml"]
    assert "help_text" in old
    new = {**files, "business.toml": f"{old}\n# {note}\n"}
    return await businesses.import_document(pool, ANN, "my_hibachi", new, note)


async def test_the_version_in_force_is_the_latest(pool, context):
    version = await changed(pool, "second")
    assert (await business.load(pool, "my_hibachi"))[0] == version


async def test_a_business_without_a_version_says_what_to_do(pool):
    with pytest.raises(BusinessError, match="run concierge migrate"):
        await business.load(pool, "nobody")


async def test_a_worker_takes_a_new_version_when_it_is_told(pool, context, database_dsn):
    given = {"database_url": SecretStr(database_dsn)}
    context.settings = context.settings.model_copy(update=given)
    task = asyncio.create_task(business.follow(context))
    version = await changed(pool, "second")
    async with asyncio.timeout(5):
        while context.business_version != version:  # noqa: ASYNC110 - what is told sets no event
            await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})


async def test_a_version_that_cannot_be_read_leaves_the_one_in_force(pool, context):
    before = context.business
    await pool.execute(
        "INSERT INTO business_versions (business, document, author)"
        " VALUES ('my_hibachi', $1, 'ann')",
        {"business.toml": "name ="},
    )
    await business._take(context, pool)
    assert context.business is before
