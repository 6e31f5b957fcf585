"""What an inquiry knows survives storage."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from pipeline.inquiry.facts import Facts

numbers = st.none() | st.integers(0, 100)
texts = st.none() | st.text(min_size=1, max_size=20)
portions = st.dictionaries(st.sampled_from(["chicken", "filet_mignon"]), st.integers(1, 50))

facts = st.builds(
    Facts,
    adults=numbers,
    children=numbers,
    toddlers=numbers,
    zip=st.none() | st.just("94539"),
    city=texts,
    event_date=st.none() | st.dates(),
    proteins=portions,
    addons=portions,
    name=texts,
    email=texts,
    asked=st.lists(st.sampled_from(["adults", "zip"])).map(tuple),
    noted=st.text(max_size=20),
)


@given(facts)
def test_facts_survive_json(known: Facts) -> None:
    assert Facts.from_json(known.to_json()) == known


def test_only_what_is_known_is_kept() -> None:
    assert Facts().to_json() == {}
    assert Facts(children=0, event_date=date(2026, 12, 12)).to_json() == {
        "children": 0,
        "event_date": "2026-12-12",
    }


def test_names_of_another_version_are_dropped() -> None:
    assert Facts.from_json({"adults": 5, "shoe_size": 44}) == Facts(adults=5)


def test_learning_leaves_the_rest_as_it_was() -> None:
    assert Facts(adults=5, zip="94539").learn(adults=6) == Facts(adults=6, zip="94539")
