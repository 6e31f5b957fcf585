"""Head-counts and orders merged: what was said before decides what a sentence means."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.attendant.guests import Heads
from pipeline.attendant.memory import Memory
from pipeline.attendant.menu import How, Order, Swap
from pipeline.attendant.party import (
    awaiting_split,
    follow_guests,
    guests,
    merge_heads,
    merge_orders,
    settle_loose,
)
from pipeline.inquiry.facts import Facts
from tests.pipeline.seed import RULES

TWELVE = Facts(adults=12), Memory(notes={"total": "12"})


def heads(known, **said):
    facts, _ = merge_heads(*known, Heads(**said))
    return facts.adults, facts.children, facts.toddlers


def ordered(facts, *orders, memory=None, swaps=()):
    return merge_orders(facts, memory or Memory(), RULES, swaps, orders)


def test_children_come_out_of_a_head_count_in_all():
    assert heads(TWELVE, counts={"children": 3}) == (9, 3, None)
    assert heads(TWELVE, counts={"toddlers": 2}) == (10, 0, 2)


def test_children_come_on_top_of_adults_named_as_adults():
    assert heads((Facts(adults=12), Memory()), counts={"children": 3}) == (12, 3, None)


def test_a_head_count_in_all_waits_for_its_split():
    facts, memory = merge_heads(Facts(), Memory(), Heads(counts={"people": 12}))

    assert awaiting_split(facts, memory)
    assert not awaiting_split(facts.learn(children=0), memory)
    assert not awaiting_split(Facts(adults=12), Memory())


@pytest.mark.parametrize(
    ("counts", "besides", "result"),
    [
        ({"people": 15, "children": 3}, False, (12, 3, None)),
        ({"people": 12, "children": 3}, True, (12, 3, None)),
        ({"people": 20, "adults": 15}, False, (15, 5, None)),
        ({"people": 8, "children": 2, "toddlers": 1}, False, (5, 2, 1)),
    ],
)
def test_a_split_within_one_sentence(counts, besides, result):
    assert heads((Facts(), Memory()), counts=counts, besides=besides) == result


def test_a_new_head_count_in_all_leaves_the_children_as_they_are():
    known = Facts(adults=9, children=3), Memory(notes={"total": "12"})

    assert heads(known, counts={"people": 15}) == (12, 3, None)
    assert heads(known, bare=(15,), corrected=True) == (12, 3, None)


def test_a_corrected_number_takes_the_place_of_what_was_said_last():
    known = Facts(adults=20, children=5), Memory()

    assert heads(known, bare=(18,), corrected=True) == (18, 5, None)


@pytest.mark.parametrize(
    ("asked", "bare", "result"),
    [
        (("adults",), (20,), (20, None, None)),
        (("adults",), (20, 5), (20, 5, None)),
        ((), (20,), (20, None, None)),
        (("zip",), (20, 22), (None, None, None)),
    ],
)
def test_a_bare_number_answers_what_was_asked(asked, bare, result):
    assert heads((Facts(), Memory(open=asked)), bare=bare) == result


def test_bare_ages_answer_the_question_about_children():
    known = Facts(adults=12), Memory(open=("children",), notes={"total": "12"})

    said = {"bare": (4, 7), "as_ages": {"toddlers": 1, "children": 1}}
    assert heads(known, **said) == (10, 1, 1)
    assert heads(known, bare=(9, 3)) == (9, 3, None)


def test_a_range_is_remembered_and_teaches_nothing():
    facts, memory = merge_heads(Facts(), Memory(), Heads(between=("adults", 10, 12)))

    assert (facts.adults, memory.notes["range"]) == (None, "adults:10-12")


@given(st.integers(0, 50), st.integers(0, 50), st.integers(-60, 60))
def test_a_change_never_leaves_fewer_than_nobody(adults, children, more):
    known = Facts(adults=adults, children=children), Memory()
    facts, _ = merge_heads(*known, Heads(more={"children": more, "adults": more}))

    assert (facts.adults, facts.children) == (max(0, adults + more), max(0, children + more))


def test_what_is_for_everybody_follows_the_head_count():
    facts, memory = ordered(Facts(adults=10, children=2), Order("filet_mignon", "each"))
    assert facts.proteins == {"filet_mignon": 12}

    assert follow_guests(facts.learn(adults=20), memory).proteins == {"filet_mignon": 22}


def test_halves_make_a_whole_when_the_head_count_is_odd():
    facts, _ = ordered(Facts(adults=15), Order("chicken", "half"), Order("shrimp", "half"))

    assert facts.proteins == {"chicken": 8, "shrimp": 7}


def test_the_rest_is_what_the_others_leave_whatever_the_order():
    facts, _ = ordered(Facts(adults=20), Order("chicken", "rest"), Order("filet_mignon", "set", 5))

    assert facts.proteins == {"chicken": 15, "filet_mignon": 5}


def test_a_swap_moves_portions():
    facts, _ = ordered(Facts(adults=9, proteins={"chicken": 9}), swaps=[Swap("chicken", "tofu", 4)])
    assert facts.proteins == {"chicken": 5, "tofu": 4}

    facts, _ = ordered(facts, swaps=[Swap("chicken", "tofu")])
    assert facts.proteins == {"tofu": 9}


def test_a_swap_of_what_everybody_has_is_for_everybody():
    facts, memory = ordered(Facts(adults=9), Order("chicken", "each"))
    facts, memory = ordered(facts, memory=memory, swaps=[Swap("chicken", "tofu")])

    assert follow_guests(facts.learn(adults=12), memory).proteins == {"tofu": 12}


def test_a_mention_orders_nothing():
    assert ordered(Facts(adults=9), Order("salmon", "mention")) == (Facts(adults=9), Memory())


def test_a_loose_word_is_held_until_it_is_settled():
    facts, memory = ordered(Facts(adults=9), Order("steak", "set", 9))
    assert (facts.proteins, memory.notes) == ({}, {"steak": "9"})

    facts, memory = settle_loose(facts, memory, RULES, "steak", "filet_mignon")
    assert (facts.proteins, memory.notes) == ({"filet_mignon": 9}, {})


@given(
    st.lists(
        st.builds(
            Order,
            st.sampled_from([*RULES.proteins, "addon:gyoza", "steak"]),
            st.sampled_from(get_args(How)),
            st.none() | st.integers(0, 40),
        ),
        max_size=8,
    ),
    st.integers(0, 40),
)
def test_portions_are_never_zero_or_less(orders, adults):
    facts, _ = ordered(Facts(adults=adults), *orders)

    assert all(count > 0 for count in (*facts.proteins.values(), *facts.addons.values()))
    assert guests(facts) == adults
