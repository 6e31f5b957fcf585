"""Users, tokens, and the record of who did what."""

import asyncio
import hashlib

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from pipeline.errors import InvalidFields
from storage import people
from storage.people import ROLES, Actor

OPERATOR = Actor("command:ann", "owner")


async def audited(pool):
    rows = await pool.fetch("SELECT actor, role, action, subject, details FROM audit ORDER BY id")
    return [tuple(row) for row in rows]


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_do_what_those_below_it_may(role):
    actor = Actor("x", role)
    assert [each for each in ROLES if actor.may(each)] == list(ROLES[: ROLES.index(role) + 1])


async def test_a_user_is_added_and_the_adding_recorded(pool):
    await people.add_user(pool, OPERATOR, "bea", "agent", people.hash_password("correct horse"))
    await people.add_user(pool, OPERATOR, "al", "viewer")
    assert [(u.name, u.role, u.has_password, u.disabled) for u in await people.users(pool)] == [
        ("al", "viewer", False, False),
        ("bea", "agent", True, False),
    ]
    assert await audited(pool) == [
        ("command:ann", "owner", "user.add", "bea", {"role": "agent"}),
        ("command:ann", "owner", "user.add", "al", {"role": "viewer"}),
    ]


def test_a_password_is_kept_as_argon2id():
    kept = people.hash_password("correct horse")
    assert kept.startswith("$argon2id$")
    assert PasswordHasher().verify(kept, "correct horse")
    with pytest.raises(VerifyMismatchError):
        PasswordHasher().verify(kept, "correct house")


def test_a_short_password_is_refused():
    with pytest.raises(InvalidFields) as caught:
        people.hash_password("ninechars")
    assert list(caught.value.fields) == ["password"]


@pytest.mark.parametrize("name", ["", "a b", "x" * 101, "command:root", "owner", "a\nb", "né\0e"])
async def test_a_name_that_could_mislead_is_refused(pool, name):
    for attempt in (people.add_user, people.issue_token):
        with pytest.raises(InvalidFields) as caught:
            await attempt(pool, OPERATOR, name, "agent")
        assert list(caught.value.fields) == ["name"]
    assert await audited(pool) == []


async def test_an_unknown_role_is_refused_beside_a_bad_name(pool):
    with pytest.raises(InvalidFields) as caught:
        await people.add_user(pool, OPERATOR, "", "boss")
    assert list(caught.value.fields) == ["name", "role"]


async def test_a_taken_name_is_refused_for_people_and_programs_alike(pool):
    await people.add_user(pool, OPERATOR, "bea", "agent")
    await people.issue_token(pool, OPERATOR, "n8n", "agent")
    for name in ("bea", "n8n"):
        for attempt in (people.add_user, people.issue_token):
            with pytest.raises(InvalidFields, match="is taken"):
                await attempt(pool, OPERATOR, name, "viewer")
    assert len(await audited(pool)) == 2


async def test_of_two_who_take_one_name_together_one_gets_it(pool):
    attempts = [
        attempt(pool, OPERATOR, "bea", "agent")
        for attempt in (people.add_user, people.issue_token, people.add_user, people.issue_token)
    ]
    results = await asyncio.gather(*attempts, return_exceptions=True)
    assert sum(isinstance(result, InvalidFields) for result in results) == 3
    assert len(await people.users(pool)) + len(await people.tokens(pool)) == 1


async def test_a_token_is_its_holders_name_and_role_and_only_its_hash_is_kept(pool):
    token = await people.issue_token(pool, OPERATOR, "n8n", "manager")
    assert token.startswith("cg_")
    assert len(token) == 46
    assert await people.actor_of_token(pool, token) == Actor("n8n", "manager")
    kept = await pool.fetchval("SELECT token_hash FROM api_tokens")
    assert kept == hashlib.sha256(token.encode()).digest()
    assert token not in str(await audited(pool))


@pytest.mark.parametrize("wrong", ["", "cg_", "cg_" + "x" * 43, "Bearer", "cg_é", "cg_\udcff"])
async def test_what_is_no_token_is_nobody(pool, wrong):
    await people.issue_token(pool, OPERATOR, "n8n", "manager")
    assert await people.actor_of_token(pool, wrong) is None


async def test_a_revoked_token_is_nobody_at_once_and_its_name_may_be_issued_anew(pool):
    old = await people.issue_token(pool, OPERATOR, "n8n", "manager")
    await people.revoke_token(pool, OPERATOR, "n8n")
    assert await people.actor_of_token(pool, old) is None
    assert [(token.name, token.revoked) for token in await people.tokens(pool)] == [("n8n", True)]

    new = await people.issue_token(pool, OPERATOR, "n8n", "viewer")
    assert await people.actor_of_token(pool, old) is None
    assert await people.actor_of_token(pool, new) == Actor("n8n", "viewer")
    actions = [action for _, _, action, _, _ in await audited(pool)]
    assert actions == ["token.issue", "token.revoke", "token.issue"]


async def test_revoking_what_is_not_there_is_refused(pool):
    with pytest.raises(InvalidFields, match="not the name of a live token"):
        await people.revoke_token(pool, OPERATOR, "n8n")
    assert await audited(pool) == []


async def test_a_write_and_its_record_stand_or_fall_together(pool):
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await people.add_user(connection, OPERATOR, "bea", "agent")
        await transaction.rollback()
    assert await people.users(pool) == []
    assert await audited(pool) == []
