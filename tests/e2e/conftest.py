"""What end-to-end tests share: a house of one's own or one for all, and customers."""

from collections.abc import AsyncIterator, Iterator
from functools import partial
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio

from tests.e2e.house import House, OpenHouse, open_house

_numbers = (f"+1415555{number:04}" for number in count(1))


@pytest.fixture
def own_house(database_dsn: str, redis_url: str, tmp_path: Path) -> OpenHouse:
    """Opens a house on this test's own database; takes what `open_house` takes."""
    return partial(open_house, tmp_path, dsn=database_dsn, redis_url=redis_url)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One house for the tests of a module, with servers of its own: nobody set anything up."""
    async with open_house(tmp_path_factory.mktemp("house")) as house:
        yield house


@pytest_asyncio.fixture(loop_scope="module")
async def judged(house: House) -> AsyncIterator[None]:
    """Judges the house after each test; shows what was logged meanwhile if the test failed."""
    before = len(house.program.log())
    yield
    print(house.program.log()[before:])
    await house.judge()


@pytest.fixture
def customers() -> Iterator[str]:
    """Numbers that nobody has in real life and no other test uses, without end."""
    return _numbers


@pytest.fixture
def customer(customers: Iterator[str]) -> str:
    """One of them."""
    return next(customers)
