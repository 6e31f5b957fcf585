import json
import tomllib
from collections.abc import Iterator, Mapping
from datetime import time
from typing import Any

import pytest

from pipeline.business.document import CHANNELS, parse
from pipeline.errors import BusinessError
from tests.pipeline.seed import BUSINESS, FILES

TABLES = {name: tomllib.loads(text) for name, text in FILES.items() if name.endswith(".toml")}
OPEN_TABLES = {
    ("business.toml", "published_cents"),
    ("prices.toml", "proteins", "menu"),
    ("prices.toml", "addons"),
    ("prices.toml", "payment_fee_basis_points"),
    ("places.toml", "zip_miles"),
    ("places.toml", "cities"),
}
"""Their keys are the business's own choice: there may be more of them, or fewer."""
OPTIONAL = {("business.toml", "calls")}
"""Documents that were kept before there were calls have none."""


def problems(files: Mapping[str, str]) -> tuple[str, ...]:
    with pytest.raises(BusinessError) as caught:
        parse(files)
    return caught.value.problems


def changed(name: str, old: str, new: str) -> dict[str, str]:
    assert old in FILES[name]
    return {**FILES, name: FILES[name].replace(old, new, 1)}


def toml(value: object) -> str:
    match value:
        case dict():
            pairs = (f"{json.dumps(key)} = {toml(inner)}" for key, inner in value.items())
            return f"{{{', '.join(pairs)}}}"
        case list():
            return f"[{', '.join(map(toml, value))}]"
        case str() | bool():
            return json.dumps(value)
        case _:
            return str(value)


def written(name: str, table: Mapping[str, Any]) -> dict[str, str]:
    """The seed's files with one of them written anew."""
    lines = (f"{json.dumps(key)} = {toml(value)}" for key, value in table.items())
    return {**FILES, name: "\n".join(lines)}


def places(table: Mapping[str, Any], *path: str) -> Iterator[tuple[str, ...]]:
    """Where the tables and the values are, as paths of keys."""
    yield path
    for key, value in table.items():
        if isinstance(value, dict):
            yield from places(value, *path, key)
        else:
            yield (*path, key)


def edited(table: Mapping[str, Any], path: tuple[str, ...], edit: Any) -> dict[str, Any]:
    """A table with what stands at the path replaced: `edit` maps the table that holds it."""
    if len(path) == 1:
        return edit(dict(table), path[0])
    return {**table, path[0]: edited(table[path[0]], path[1:], edit)}


def dropped(table: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in table.items() if name != key}


def extended(table: dict[str, Any], key: str) -> dict[str, Any]:
    return {**table, key: {**table[key], "unheard_of": 1}}


ALL = [(name, *path) for name, table in TABLES.items() for path in places(table)]
NEEDED = [
    path for path in ALL if len(path) > 1 and path[:-1] not in OPEN_TABLES and path not in OPTIONAL
]
CLOSED = [
    path
    for path in ALL
    if len(path) > 1 and path not in OPEN_TABLES and any(path == other[:-1] for other in ALL)
]


def test_the_first_business_is_whole():
    assert (BUSINESS.key, BUSINESS.name) == ("my_hibachi", "My Hibachi Chef")
    assert (BUSINESS.phone, BUSINESS.email) == ("+19165550100", "cs@myhibachichef.com")
    assert (BUSINESS.website, BUSINESS.timezone) == ("myhibachichef.com", "America/Los_Angeles")
    assert set(BUSINESS.hours.open_at.values()) == {time(12)}
    assert set(BUSINESS.hours.close_at.values()) == {time(21)}
    assert BUSINESS.hours.open_at.keys() == BUSINESS.hours.close_at.keys() == set(range(7))
    assert BUSINESS.published == {"reschedule": 20000}
    assert BUSINESS.published_percents == {20, 35, 3}
    assert len(BUSINESS.knowledge) == 45
    assert len(BUSINESS.help_text) <= 160
    assert "STOP" in BUSINESS.help_text


def test_each_channel_has_its_manner():
    assert tuple(BUSINESS.manners) == CHANNELS
    assert {name: manner.max_characters for name, manner in BUSINESS.manners.items()} == {
        "phone": 1500,
        "sms": 459,
        "instagram": 1000,
        "facebook": 1500,
        "whatsapp": 1000,
        "email": 2000,
        "web_chat": 800,
        "tiktok": 800,
    }
    sms = BUSINESS.manners["sms"]
    assert (sms.max_segments, sms.emoji, sms.debounce_seconds) == (3, False, 1.5)
    assert all(m.max_segments is None for name, m in BUSINESS.manners.items() if name != "sms")


def test_a_zip_of_which_only_a_guess_was_known_is_left_out():
    assert "95630" not in BUSINESS.prices.travel.zip_tenths  # Folsom
    assert not {"945", "944", "950", "956", "940"} & BUSINESS.prices.travel.zip_tenths.keys()
    assert BUSINESS.prices.travel.zip_tenths["951"] == 250
    assert BUSINESS.cities["san jose"] == "95125"


@pytest.mark.parametrize("name", TABLES)
def test_a_file_written_anew_means_the_same(name):
    assert parse(written(name, TABLES[name])) == BUSINESS


@pytest.mark.parametrize("path", NEEDED, ids=".".join)
def test_every_key_of_the_seed_is_read(path):
    name, *keys = path
    found = problems(written(name, edited(TABLES[name], tuple(keys), dropped)))
    assert any(problem.startswith(name) and keys[-1] in problem for problem in found)


def test_a_document_from_before_there_were_calls_has_a_greeting_that_says_who_answers():
    calls = parse(written("business.toml", dropped(TABLES["business.toml"], "calls"))).calls
    assert BUSINESS.name in calls.greeting
    assert calls.disclosure in calls.greeting


@pytest.mark.parametrize("path", CLOSED, ids=".".join)
def test_a_key_that_nobody_reads_is_a_mistake(path):
    name, *keys = path
    where = ".".join([*keys, "unheard_of"])
    found = problems(written(name, edited(TABLES[name], tuple(keys), extended)))
    assert found == (f"{name}: {where}: is not a key here",)


@pytest.mark.parametrize("name", TABLES)
def test_a_key_at_the_top_that_nobody_reads_is_a_mistake(name):
    found = problems(written(name, {**TABLES[name], "unheard_of": 1}))
    assert found == (f"{name}: unheard_of: is not a key here",)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_one_mistake(name):
    files = {other: text for other, text in FILES.items() if other != name}
    found = problems(files)
    assert found[0] == f"{name}: is missing"
    assert not [problem for problem in found[1:] if problem.startswith(name)]


def test_a_file_of_another_name_is_a_mistake():
    assert problems({**FILES, "prices.tml": ""}) == ("prices.tml: is not a file of a business",)


def test_a_file_that_is_no_toml_is_named():
    (found,) = (p for p in problems({**FILES, "channels.toml": "[phone"}) if "TOML" in p)
    assert found.startswith("channels.toml: not valid TOML: ")


def test_every_mistake_is_named_at_once():
    files = changed("prices.toml", "adult_cents = 5500", "adult_cents = 55.0")
    files |= {"places.toml": FILES["places.toml"].replace("951 = 25", "95 = 25")}
    files |= {"business.toml": FILES["business.toml"].replace("Los_Angeles", "Los_Angles")}
    found = problems(files)
    assert "prices.toml: guests.adult_cents: must be a whole number" in found
    assert "places.toml: zip_miles.95: must be a ZIP or its first three or four digits" in found
    assert "business.toml: timezone: is no IANA time zone, such as America/Los_Angeles" in found
    assert "places.toml: cities.san jose: 95125 is not in zip_miles" in found


@pytest.mark.parametrize(
    ("name", "old", "new", "problem"),
    [
        ("business.toml", '"my_hibachi"', '"My Hibachi"', "key: must be lower-case letters"),
        ("business.toml", "+19165550100", "9165550100", "contact.phone: must be E.164"),
        ("business.toml", '"cs@my', '"cs my', "contact.email: must be an e-mail address"),
        ("business.toml", '"myhib', '"https://myhib', "contact.website: must be a host name"),
        ("business.toml", "America/Los_Angeles", "America", "timezone: is no IANA time zone"),
        ("business.toml", "America/Los_Angeles", "../etc", "timezone: is no IANA time zone"),
        ("business.toml", "STOP to stop.", "STOP to stop \u2764.", "help_text: must fit one SMS"),
        ("business.toml", "STOP to stop.", "STOP to stop. Ok", "help_text: must fit one SMS"),
        ("business.toml", "open = 12:00:00", "open = 22:00:00", "hours.monday.open: must not be"),
        ("business.toml", "open = 12:00:00", 'open = "12:00"', "hours.monday.open: must be a time"),
        ("business.toml", "closed_dates = []", 'closed_dates = ["12/25"]', "12/25 is no date"),
        ("business.toml", "reschedule =", "rush =", "published_cents.rush: is no role of a figure"),
        (
            "business.toml",
            "forbidden = [",
            "forbidden = ['(',",
            "forbidden: number 1 is no regular",
        ),
        ("business.toml", "forbidden = [", "forbidden = [1,", "forbidden: must be a list of str"),
        ("channels.toml", "emoji = false", "emoji = 0", "phone.emoji: must be true or false"),
        ("channels.toml", "= 1500", "= 0", "phone.max_characters: must be from 100 to 20000"),
        ("channels.toml", "= 1.5", "= 90", "sms.debounce_seconds: must be a number of seconds"),
        ("channels.toml", "[tiktok]", "[tik_tok]", "tiktok: is missing"),
        ("prices.toml", "USD", "EUR", "currency: must be USD"),
        ("prices.toml", "low = 20", "low = 40", "gratuity_percent.low: must not be above high"),
        ("prices.toml", "max_age = 5", "max_age = 13", "child_free_max_age: must be below adult"),
        ("prices.toml", '"squid"', '"shrimp"', "calamari: shrimp already stands for another dish"),
        ("prices.toml", "tofu =", "Tofu =", "proteins.menu.Tofu: a name must be lower-case"),
        ("prices.toml", "cents = 1000,", "cents = -1,", "gyoza.cents: must be from 0 to 10000000"),
        ("places.toml", '= "94538"', '= "9453"', "cities.fremont: must be a ZIP of five digits"),
        ("places.toml", "fremont =", "Fremont =", "Fremont: a city's name must be in lower case"),
        (
            "knowledge.md",
            "{deposit}",
            "{deposits}",
            "Is there a deposit?: unknown placeholder {dep",
        ),
    ],
)
def test_a_mistake_is_named_where_it_is(name, old, new, problem):
    found = problems(changed(name, old, new))
    assert any(line.startswith(f"{name}: ") and problem in line for line in found)


def test_a_day_may_be_closed():
    monday = "monday = { open = 12:00:00, close = 21:00:00 }"
    hours = parse(changed("business.toml", monday, 'monday = "closed"')).hours
    assert 0 not in hours.open_at
    assert 0 not in hours.close_at
    assert hours.open_at[1] == time(12)


def test_prices_are_the_only_source_of_published_percentages():
    files = changed("prices.toml", "high = 35", "high = 25")
    files |= {"prices.toml": files["prices.toml"].replace("Venmo = 300", "Venmo = 290")}
    files |= {"knowledge.md": FILES["knowledge.md"].replace("{venmo_percent}", "a little")}
    assert parse(files).published_percents == {20, 25, 3}
