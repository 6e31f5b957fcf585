"""A business's versions: seeded once, replaced whole, named, and brought back."""

import asyncio

import pytest

from pipeline.business.document import parse
from pipeline.errors import BusinessError, InvalidFields
from storage import businesses
from storage.database import connect
from storage.people import Actor

KEY = "my_hibachi"
OPERATOR = Actor("command:ann", "owner")


@pytest.fixture(scope="module")
def first():
    """The document the program brings along."""
    return businesses.seed_files(KEY)


@pytest.fixture(scope="module")
def second(first):
    """Another document that parses."""
    return {**first, "prices.toml": first["prices.toml"] + "\n# reviewed\n"}


async def audited(pool):
    rows = await pool.fetch("SELECT actor, action, subject, details FROM audit ORDER BY id")
    return [tuple(row) for row in rows]


def test_the_seed_is_a_business(first):
    assert parse(first).key == KEY


def test_a_folder_is_read_as_a_document(tmp_path):
    (tmp_path / "prices.toml").write_text("a = 1\n")
    (tmp_path / "knowledge.md").write_text("# Größe\n", encoding="utf-8")
    (tmp_path / ".hidden.toml").write_text("")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    assert businesses.files_in(tmp_path) == {"prices.toml": "a = 1\n", "knowledge.md": "# Größe\n"}


def test_a_folder_without_a_document_is_refused(tmp_path):
    with pytest.raises(BusinessError, match="holds no"):
        businesses.files_in(tmp_path)
    with pytest.raises(BusinessError, match="is not a folder"):
        businesses.files_in(tmp_path / "absent")


def test_files_that_are_not_text_are_all_named(tmp_path):
    (tmp_path / "a.toml").write_bytes(b"\xff")
    (tmp_path / "b.md").write_bytes(b"\xfe")
    with pytest.raises(BusinessError) as caught:
        businesses.files_in(tmp_path)
    assert [problem.partition(":")[0] for problem in caught.value.problems] == ["a.toml", "b.md"]


@pytest.mark.parametrize("name", ["no_such", "../business", "my_hibachi/..", ""])
def test_only_a_business_that_is_brought_along_can_be_seeded(name):
    with pytest.raises(BusinessError):
        businesses.seed_files(name)


async def test_the_seed_becomes_the_first_version_and_never_replaces_one(pool, first, second):
    assert await businesses.current(pool, KEY) is None
    assert await businesses.seed(pool, KEY, first) == (1, first)
    assert await businesses.seed(pool, KEY, second) == (1, first)
    assert await businesses.current(pool, KEY) == (1, first)
    (version,) = await businesses.versions(pool, KEY)
    assert (version.version, version.author, version.label) == (1, "seed", None)


async def test_processes_that_start_together_seed_once(pool, first):
    found = await asyncio.gather(*(businesses.seed(pool, KEY, first) for _ in range(5)))
    assert found == [(1, first)] * 5
    assert len(await businesses.versions(pool, KEY)) == 1


async def test_an_import_is_a_new_version_with_author_note_and_record(pool, first, second):
    await businesses.seed(pool, KEY, first)
    assert await businesses.import_document(pool, OPERATOR, KEY, second, "reviewed") == 2
    assert await businesses.current(pool, KEY) == (2, second)
    newest, oldest = await businesses.versions(pool, KEY)
    assert (newest.version, newest.author, newest.note) == (2, "command:ann", "reviewed")
    assert oldest.version == 1
    assert (await audited(pool))[-1] == (
        "command:ann",
        "config.import",
        KEY,
        {"version": 2, "note": "reviewed"},
    )


async def test_importing_what_is_in_force_changes_nothing(pool, first):
    await businesses.seed(pool, KEY, first)
    assert await businesses.import_document(pool, OPERATOR, KEY, dict(first), "again") == 1
    assert len(await businesses.versions(pool, KEY)) == 1
    assert [action for _, action, _, _ in await audited(pool)] == ["config.seed"]


async def test_a_document_that_cannot_be_used_is_refused_with_every_mistake(pool, first):
    await businesses.seed(pool, KEY, first)
    broken = {**first, "prices.toml": "adult_cents = 'free'\n", "notes.md": "x"}
    with pytest.raises(BusinessError) as caught:
        await businesses.import_document(pool, OPERATOR, KEY, broken, "")
    assert len(caught.value.problems) > 1
    assert await businesses.current(pool, KEY) == (1, first)


async def test_another_businesss_document_is_refused(pool, first):
    with pytest.raises(BusinessError, match="my_hibachi"):
        await businesses.import_document(pool, OPERATOR, "elsewhere", first, "")


async def test_a_new_version_is_announced_when_it_is_committed(pool, database_dsn, first, second):
    heard: asyncio.Queue[str] = asyncio.Queue()
    listener = await connect(database_dsn)
    await listener.add_listener("business", lambda *told: heard.put_nowait(told[-1]))
    try:
        async with pool.acquire() as connection, connection.transaction():
            await businesses.seed(connection, KEY, first)
            assert heard.empty()
        await businesses.import_document(pool, OPERATOR, KEY, first, "the same")
        await businesses.import_document(pool, OPERATOR, KEY, second, "")
        async with asyncio.timeout(10):
            assert [await heard.get(), await heard.get()] == ["1", "2"]
    finally:
        await listener.close()


async def test_a_label_names_the_version_in_force_for_good(pool, first, second):
    await businesses.seed(pool, KEY, first)
    assert await businesses.label(pool, OPERATOR, KEY, "spring-2026", "before the change") == 1
    await businesses.import_document(pool, OPERATOR, KEY, second, "")
    assert await businesses.find(pool, KEY, "spring-2026") == (1, first)
    assert await businesses.find(pool, KEY, "2") == (2, second)
    oldest = (await businesses.versions(pool, KEY))[-1]
    assert (oldest.label, oldest.note) == ("spring-2026", "the first; before the change")
    with pytest.raises(InvalidFields, match="is version 1's already"):
        await businesses.label(pool, OPERATOR, KEY, "spring-2026")
    assert await businesses.label(pool, OPERATOR, KEY, "summer") == 2
    with pytest.raises(InvalidFields, match="is 'summer' already"):
        await businesses.label(pool, OPERATOR, KEY, "autumn")


@pytest.mark.parametrize("name", ["", "12", "a b", "./x", "-x", "x" * 61, "a/b"])
async def test_a_label_that_could_be_mistaken_is_refused(pool, first, name):
    await businesses.seed(pool, KEY, first)
    with pytest.raises(InvalidFields, match="must be letters"):
        await businesses.label(pool, OPERATOR, KEY, name)


async def test_a_rollback_is_a_new_version_with_the_old_document(pool, first, second):
    await businesses.seed(pool, KEY, first)
    await businesses.label(pool, OPERATOR, KEY, "good")
    await businesses.import_document(pool, OPERATOR, KEY, second, "")
    assert await businesses.rollback(pool, OPERATOR, KEY, "good") == 3
    assert await businesses.current(pool, KEY) == (3, first)
    newest = (await businesses.versions(pool, KEY))[0]
    assert (newest.author, newest.note) == ("command:ann", "back to version 1")
    assert (await audited(pool))[-1][1] == "config.rollback"
    assert await businesses.rollback(pool, OPERATOR, KEY, "1") == 3


async def test_a_document_this_program_cannot_read_any_more_is_not_brought_back(pool, first):
    await pool.execute(
        "INSERT INTO business_versions (business, document, author) VALUES ($1, $2, 'old')",
        KEY,
        {"menu.toml": "from an earlier program"},
    )
    await businesses.import_document(pool, OPERATOR, KEY, first, "")
    with pytest.raises(BusinessError, match=r"menu\.toml"):
        await businesses.rollback(pool, OPERATOR, KEY, "1")
    assert await businesses.current(pool, KEY) == (2, first)


@pytest.mark.parametrize("which", ["7", "nothing", "", "1.0"])
async def test_what_is_no_version_is_refused(pool, first, which):
    await businesses.seed(pool, KEY, first)
    with pytest.raises(InvalidFields, match="no version or label"):
        await businesses.rollback(pool, OPERATOR, KEY, which)


async def test_businesses_do_not_see_each_other(pool, first):
    await businesses.seed(pool, KEY, first)
    assert await businesses.current(pool, "elsewhere") is None
    assert await businesses.versions(pool, "elsewhere") == []
    with pytest.raises(InvalidFields, match="no version or label"):
        await businesses.find(pool, "elsewhere", "1")


async def test_preparing_again_does_nothing_more(pool, database_dsn):
    assert await businesses.prepare(database_dsn, "my_hibachi") == [
        "my_hibachi is at version 1, as this program brings it"
    ]
    assert await businesses.prepare(database_dsn, "my_hibachi") == []
    assert await pool.fetchval("SELECT count(*) FROM business_versions") == 1
