"""No figure leaves without evidence: measured on a labelled set, and on what quotes can say."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.inquiry.tools import run
from pipeline.inquiry.validator import Evidence, check, evidence, published, quoted
from pipeline.inquiry.vocabulary import KnownQuote, ToolCall, ToolResult
from pipeline.quote.dollars import amount_in_digits, brief_amount
from pipeline.quote.quote import Line, Quote
from pipeline.quote.spoken import Role, amount_in_words
from tests.pipeline.inquiry.parties import BUSINESS, NOW, QUOTE_ID, sample, snapshot
from tests.pipeline.inquiry.parties import quoted as priced

REPLIES = sample("replies.json")
CUSTOMER = {"phone": "+19165550134", "email": "dana@example.com"}


def problems(text: str, known: KnownQuote | None = None) -> tuple[str, ...]:
    """Of a reply in a turn that has this current quote."""
    evident = evidence(snapshot("Hi", quote=known), ())
    return check(text, evident, BUSINESS, CUSTOMER)


def refused(reply: dict[str, Any]) -> bool:
    party = REPLIES["quotes"].get(reply["quote"])
    return bool(problems(reply["text"], priced(party) if party else None))


def test_the_set_is_large() -> None:
    assert len(REPLIES["replies"]) >= 100


def test_every_wrong_reply_is_refused() -> None:
    assert [r["text"] for r in REPLIES["replies"] if not r["clean"] and not refused(r)] == []


def test_hardly_a_clean_reply_is_refused() -> None:
    clean = [reply for reply in REPLIES["replies"] if reply["clean"]]
    wronged = [reply["text"] for reply in clean if refused(reply)]
    assert len(wronged) <= 0.02 * len(clean), wronged


# --- what a quote says -----------------------------------------------------------------------

counts = st.integers(0, 12)
parties = st.fixed_dictionaries(
    {
        "adults": st.integers(1, 60),
        "children": counts,
        "toddlers": counts,
        "proteins": st.dictionaries(
            st.sampled_from(sorted(BUSINESS.prices.proteins)), st.integers(1, 40), max_size=4
        ),
        "addons": st.dictionaries(
            st.sampled_from(sorted(BUSINESS.prices.addons)), st.integers(1, 20), max_size=3
        ),
        "zip": st.sampled_from(["94539", "95125", "94110", "95814", "10001"]),
    }
)

SENTENCES: list[tuple[Role, str, Callable[[Quote], int | None]]] = [
    (Role.TOTAL, "Your total is {}.", lambda quote: quote.total_cents),
    (Role.DEPOSIT, "The deposit is {}.", lambda quote: quote.deposit_cents),
    (Role.BALANCE, "That leaves a balance of {} for the day.", lambda quote: quote.balance_cents),
    (Role.PER_GUEST, "That comes to {} per person.", lambda quote: quote.per_guest_cents),
    (Role.TRAVEL, "The travel fee is {}.", lambda quote: quote.travel_cents),
    (Role.MINIMUM, "Our food minimum is {}.", lambda _: BUSINESS.prices.minimum_cents),
    (Role.ADULT, "It is {} per adult.", lambda _: BUSINESS.prices.adult_cents),
    (Role.CHILD, "Children are {} each.", lambda _: BUSINESS.prices.child_cents),
]
SPELLINGS = [amount_in_digits, brief_amount, amount_in_words]
spelling = st.sampled_from(SPELLINGS)


@given(parties, st.sampled_from(SENTENCES), spelling, st.sampled_from([-100, -1, 0, 1, 2, 10_000]))
def test_a_named_figure_passes_exactly_and_fails_when_it_is_off(
    party: dict[str, Any],
    sentence: tuple[Role, str, Callable[[Quote], int | None]],
    spell: Callable[[int], str],
    off: int,
) -> None:
    known = priced(party)
    role, words, figure = sentence
    cents = figure(known.quote)
    assume(cents is not None)
    said = (cents or 0) + off
    assume(said >= 0)
    facts = {*published(BUSINESS), *quoted(known.quote)}
    found = problems(words.format(spell(said)), known)
    assert bool(found) is ((role, said) not in facts), found


@given(parties, spelling, st.sampled_from([0, 0, 1, -1]))
def test_the_working_of_a_quote_passes_and_no_line_of_it_may_be_off(
    party: dict[str, Any], spell: Callable[[int], str], off: int
) -> None:
    known = priced(party)
    for line in known.quote.lines:
        if line.code == "travel" or not line.amount_cents:
            continue
        said = line.amount_cents + off
        text = f"{line.quantity} x {spell(line.unit_cents)} = {spell(said)}"
        assert bool(problems(text, known)) is (off != 0), text


def worked(line: Line) -> str:
    unit, amount = amount_in_digits(line.unit_cents), amount_in_digits(line.amount_cents)
    return f"{line.label}: {line.quantity} x {unit} = {amount}"


@given(parties)
def test_a_whole_quote_written_out_passes(party: dict[str, Any]) -> None:
    quote = priced(party).quote
    text = "\n".join(
        [
            *(worked(line) for line in quote.lines if line.code != "travel"),
            f"Total: {amount_in_digits(quote.total_cents)}",
            f"Deposit: {amount_in_digits(quote.deposit_cents)}",
            f"Balance: {amount_in_digits(quote.balance_cents)}",
            *quote.payment_fee_notes,
        ]
    )
    assert problems(text, priced(party)) == ()


@pytest.mark.parametrize("entry", BUSINESS.knowledge, ids=lambda entry: entry.entry_id)
def test_what_the_business_has_written_down_may_be_said(entry: Any) -> None:
    call = ToolCall("call_1", "search_knowledge", {"query": entry.question})
    found = [{"id": entry.entry_id, "question": entry.question, "answer": entry.answer}]
    result = ToolResult(call, {"entries": found}, success=True)
    assert check(entry.answer, evidence(snapshot("Hi"), [result]), BUSINESS) == ()


# --- what is evidence ------------------------------------------------------------------------


def test_the_lessons_of_the_checks_before_this_one() -> None:
    small = priced({"adults": 5, "zip": "94587"})
    assert problems("5 adults x $55 = $275, so $550 applies", small) == ()
    assert problems("balance of $450.00", small) == ()
    filet = priced({"adults": 10, "proteins": {"filet_mignon": 10}})
    assert problems("10 adults with filet: total $600.00", filet) == ()
    assert problems("about 1100 dollars") != ()


def test_a_quote_that_has_expired_is_no_evidence() -> None:
    known = priced({"adults": 20})
    late = known.quote.valid_until + timedelta(seconds=1)
    evident = evidence(snapshot("Hi", quote=known, now=late), ())
    assert check("Your total is $1,100.00.", evident, BUSINESS) != ()


def test_a_new_quote_replaces_the_old_one() -> None:
    call = ToolCall("call_1", "calculate_party_quote", {"adults": 12})
    result = run(BUSINESS, call, NOW, QUOTE_ID)
    evident = evidence(snapshot("Hi", quote=priced({"adults": 20})), [result])
    assert check("Your total is $660.00.", evident, BUSINESS) == ()
    assert check("Your total is $1,100.00.", evident, BUSINESS) != ()


def test_two_quotes_of_one_turn_may_be_compared() -> None:
    results = [
        run(BUSINESS, ToolCall("c", "calculate_party_quote", {"adults": adults}), NOW, QUOTE_ID)
        for adults in (12, 14)
    ]
    evident = evidence(snapshot("Hi"), results)
    text = "The total is $660.00 for 12 adults, and for 14 adults the total is $770.00."
    assert check(text, evident, BUSINESS) == ()


def test_a_failed_call_is_no_evidence() -> None:
    failed = ToolResult(ToolCall("c", "calculate_travel_fee", {}), {"travel_fee": 45.0}, False)
    assert evidence(snapshot("Hi"), [failed]) == Evidence(frozenset(published(BUSINESS)))


def test_the_smaller_tools_are_evidence_for_what_they_tell() -> None:
    travel = ToolCall("c", "calculate_travel_fee", {"event_zipcode": "94110"})
    proteins = {"lobster_tail": 10, "chicken": 12, "shrimp": 10}
    costs = ToolCall("d", "calculate_protein_costs", {"adults": 10, "protein_selections": proteins})
    results = [run(BUSINESS, call, NOW, QUOTE_ID) for call in (travel, costs)]
    evident = evidence(snapshot("Hi"), results)
    text = "Travel is $32.00. The upgrades are $150.00 and the extra proteins $120.00."
    assert check(text, evident, BUSINESS) == ()
    assert check("Travel is $150.00.", evident, BUSINESS) != ()


def test_an_unknown_distance_is_never_nothing() -> None:
    unknown = priced({"adults": 20})
    for text in ("Travel is free.", "There is no travel fee.", "Travel: $0"):
        assert problems(text, unknown) != ()
    assert problems("Travel is free for the first 30 miles.", unknown) == ()
    assert problems("Travel is free.", priced({"adults": 20, "zip": "94539"})) == ()


@pytest.mark.parametrize(
    "text",
    [
        "Lobster tail is a $5 upgrade.",
        "Gyoza is $5 a serving.",
        "Salmon is a $15 upgrade.",
        "Toddlers are $10 each.",
    ],
)
def test_the_price_of_one_thing_is_not_the_price_of_another(text: str) -> None:
    assert problems(text) != ()


def test_a_line_may_be_told_by_its_sum() -> None:
    known = priced({"adults": 12, "addons": {"edamame": 2, "gyoza": 3}})
    assert problems("2 edamame for $10.00 and 3 gyoza for $30.00", known) == ()


# --- what else must not leave ----------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "See https://myhibachichef.com/menu.",
        "myhibachichef.com has the menu",
        "Call (916) 555-0100 or +1 916 555 0100.",
        "We have (916) 555-0134 and dana@example.com for you.",
        "Write to CS@MyHibachiChef.com.",
        "On 12/12/2026 at 6:00 PM, 94539, for 20 guests.",
        "It is 3 < 5 and we <3 you.",
    ],
)
def test_our_own_and_their_own_contacts_may_be_named(text: str) -> None:
    assert problems(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        "https://myhibachichef.com.evil.com",
        "https://evil.com/?u=myhibachichef.com",
        "https://myhibachichef.com@evil.com",
        "https://evil.com\\@myhibachichef.com",
        "http://[::1",
        "evil.com",
        "evil.com/myhibachichef.com",
        "javascript:alert(1)",
        "mail me: someone@else.org",
        "call 415-555-2671",
        "call \uff14\uff11\uff15\uff0d\uff15\uff15\uff15\uff0d\uff12\uff16\uff17\uff11",
        "<img src=x>",
        "<!-- hidden -->",
    ],
)
def test_no_other_contact_and_no_markup_may(text: str) -> None:
    assert problems(text) != ()


def test_disguised_figures_are_seen() -> None:
    for text in (
        "$\u200b9 99",
        "\uff04\uff19\uff19\uff19",
        "nine hundred ninety-nine dollars",
        "\u20ac55",
    ):
        assert problems(text) != ()


@given(st.text(max_size=300))
def test_any_text_is_taken(text: str) -> None:
    assert all(isinstance(problem, str) for problem in problems(text))


def test_without_a_customer_only_our_contacts_may_be_named() -> None:
    text = "We have (916) 555-0134 for you."
    assert check(text, evidence(replace(snapshot("Hi")), ()), BUSINESS) != ()


# --- for whom, and what needs no name --------------------------------------------------------


def test_a_right_sum_for_another_party_is_held() -> None:
    twenty = priced({"adults": 20, "zip": "94539"})
    assert problems("For 20 adults, the total is $1,100.", twenty) == ()
    assert problems("Changed from 25 adults to 20 adults: total $1,100.", twenty) == ()
    for text in ("For 25 adults, the total is $1,100.", "The balance for 25 people is $1,000."):
        assert "no quote of this turn has so many" in problems(text, twenty)[0]


def test_an_unnamed_amount_is_no_figure_that_has_a_name_of_its_own() -> None:
    twenty = priced({"adults": 20, "zip": "94539"})
    for cents in (BUSINESS.prices.minimum_cents, BUSINESS.prices.deposit_cents):
        said = amount_in_digits(cents)
        assert problems(f"It would be {said}.", twenty) != ()
    assert problems("It would be $1,100.00.", twenty) == ()


def test_the_shares_of_adults_and_children_are_not_exchanged() -> None:
    family = priced({"adults": 12, "children": 3, "zip": "95125"})
    right = "660 dollars for the adults and 90 dollars for the children"
    wrong = "90 dollars for the adults and 660 dollars for the children"
    assert problems(right, family) == ()
    assert len(problems(wrong, family)) == 2


def test_a_product_is_a_line_of_the_working_either_way_round() -> None:
    twenty = priced({"adults": 20})
    assert problems("20 x 55 = 1,100", twenty) == problems("$55 x 20 = $1,100", twenty) == ()
    assert problems("20 x 45 = 900", twenty) != ()
    assert problems("2 proteins x 20 guests = 40 portions", twenty) == ()
