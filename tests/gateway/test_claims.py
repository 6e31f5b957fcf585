"""Claimed work runs side by side up to a number, and ends before the loop does."""

import asyncio

from gateway.claims import POLL_SECONDS, ClaimLoop


class Rows:
    """Work that waits in rows, as a database would hold it."""

    def __init__(self, count):
        self.waiting = list(range(count))
        self.running, self.most, self.done = 0, 0, []
        self.gate = asyncio.Event()
        self.failures = 0

    async def claim(self, room):
        if self.failures:
            self.failures -= 1
            raise OSError("the database is away")
        taken, self.waiting = self.waiting[:room], self.waiting[room:]
        return [self.work(each) for each in taken]

    async def work(self, number):
        self.running += 1
        self.most = max(self.most, self.running)
        await self.gate.wait()
        self.running -= 1
        self.done.append(number)

    async def due(self):
        return None

    async def until(self, condition):
        async with asyncio.timeout(5):
            while not condition():  # noqa: ASYNC110 - a turn of the loop, not a wait
                await asyncio.sleep(0)


async def started(loop):
    return asyncio.create_task(loop.run())


async def test_no_more_than_its_slots_run_and_the_rest_follow_as_they_free_up():
    rows = Rows(10)
    loop = ClaimLoop("test", 3, rows.claim, rows.due)
    task = await started(loop)
    await rows.until(lambda: rows.running == 3)
    rows.gate.set()
    await rows.until(lambda: len(rows.done) == 10)
    assert (sorted(rows.done), rows.most) == (list(range(10)), 3)
    loop.stop()
    await task


async def test_waking_it_finds_new_rows_without_waiting_for_the_poll():
    rows = Rows(0)
    rows.gate.set()
    loop = ClaimLoop("test", 3, rows.claim, rows.due)
    task = await started(loop)
    await asyncio.sleep(0)
    rows.waiting.append(1)
    loop.wake()
    async with asyncio.timeout(POLL_SECONDS / 2):
        await rows.until(lambda: rows.done == [1])
    loop.stop()
    await task


async def test_told_to_stop_it_claims_no_more_and_waits_for_what_runs():
    rows = Rows(4)
    loop = ClaimLoop("test", 2, rows.claim, rows.due)
    task = await started(loop)
    await rows.until(lambda: rows.running == 2)
    loop.stop()
    await asyncio.sleep(0)
    assert not task.done()
    rows.gate.set()
    await task
    assert sorted(rows.done) == [0, 1]
    assert rows.waiting == [2, 3]


async def test_told_to_stop_while_a_claim_commits_it_runs_what_was_claimed():
    rows = Rows(2)
    rows.gate.set()
    claiming, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(room):
        claiming.set()
        await go_on.wait()
        return await rows.claim(room)

    loop = ClaimLoop("test", 3, slowly, rows.due)
    task = await started(loop)
    await claiming.wait()
    loop.stop()
    go_on.set()
    await task
    assert sorted(rows.done) == [0, 1]


async def test_told_to_stop_once_emptied_it_first_works_off_all_that_is_due():
    rows = Rows(7)
    rows.gate.set()
    loop = ClaimLoop("test", 2, rows.claim, rows.due)
    loop.stop(emptied=True)
    await loop.run()
    assert sorted(rows.done) == list(range(7))


async def test_a_database_that_is_away_is_asked_again():
    rows = Rows(2)
    rows.failures = 1
    rows.gate.set()
    loop = ClaimLoop("test", 3, rows.claim, rows.due)
    task = await started(loop)
    await rows.until(lambda: rows.failures == 0)
    loop.wake()
    await rows.until(lambda: len(rows.done) == 2)
    loop.stop()
    await task


async def test_a_claim_that_breaks_is_tried_again_too():
    rows = Rows(2)
    rows.gate.set()
    broken = [ZeroDivisionError()]

    async def claim(room):
        if broken:
            raise broken.pop()
        return await rows.claim(room)

    loop = ClaimLoop("test", 3, claim, rows.due)
    task = await started(loop)
    await rows.until(lambda: not broken)
    loop.wake()
    await rows.until(lambda: len(rows.done) == 2)
    loop.stop()
    await task
