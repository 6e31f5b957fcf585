"""Tools give exact results for good arguments and errors as data for any others."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema_rs import validator_for
from openai.types.chat import ChatCompletionToolParam
from pydantic import TypeAdapter

from pipeline.inquiry.facts import Facts
from pipeline.inquiry.tools import CALL_TOOLS, TOOLS, learned, run, specs
from pipeline.inquiry.vocabulary import INVALID_ARGUMENTS, ToolCall, ToolResult
from tests.pipeline.inquiry.parties import BUSINESS, NOW, QUOTE_ID


def ran(name: str, *, on_call: bool = False, **arguments: Any) -> ToolResult:
    return run(BUSINESS, ToolCall("call_1", name, arguments), NOW, QUOTE_ID, on_call=on_call)


def fields(name: str, *, on_call: bool = False, **arguments: Any) -> Mapping[str, str]:
    """The problems of a call that must fail."""
    found = ran(name, on_call=on_call, **arguments)
    assert not found.success
    assert found.quote is None
    assert found.result.keys() == {"error", "fields"}
    for field, problem in found.result["fields"].items():
        assert f"{field}: {problem}" in found.result["error"]
    return found.result["fields"]


def test_the_tools_are_these_and_take_no_price_distance_or_number() -> None:
    assert {
        spec["function"]["name"]: sorted(spec["function"]["parameters"]["properties"])
        for spec in specs(BUSINESS, "sms")
    } == {
        "calculate_party_quote": [
            "addons", "adults", "children", "event_date", "event_zipcode", "protein_selections",
            "toddlers",
        ],
        "calculate_travel_fee": ["event_zipcode"],
        "calculate_protein_costs": ["adults", "children", "protein_selections", "toddlers"],
        "search_knowledge": ["query"],
        "take_message": ["text"],
        "transfer_to_person": ["reason"],
    }  # fmt: skip


def test_a_call_has_two_tools_more_which_take_no_number_either() -> None:
    added = {
        spec["function"]["name"]: spec["function"]["parameters"]["properties"]
        for spec in specs(BUSINESS, "phone")
        if spec not in specs(BUSINESS, "phone", written=True)
    }
    assert added.keys() == {"send_text_message", "end_call", "transfer_to_person"}
    assert added["send_text_message"]["kind"]["enum"] == ["quote", "booking"]
    assert added["send_text_message"].keys() == {"kind"}
    assert added["end_call"] == {}
    assert len(specs(BUSINESS, "phone")) == 8


def test_what_is_written_about_a_call_has_no_call_to_end() -> None:
    for channel in BUSINESS.manners:
        names = {spec["function"]["name"] for spec in specs(BUSINESS, channel, written=True)}
        assert names == set(TOOLS)
    assert "no tool 'end_call'" in fields("end_call")["name"]
    assert "no tool 'send_text_message'" in fields("send_text_message", kind="quote")["name"]


def test_on_the_phone_nobody_is_told_that_they_are_put_through() -> None:
    found = ran("transfer_to_person", on_call=True, reason="refund")
    assert found.result == {
        "accepted": True,
        "put_through": False,
        "promise": "within 2 hours, by 4:00 PM",
    }
    [spec] = [
        spec["function"]["description"]
        for spec in specs(BUSINESS, "phone")
        if spec["function"]["name"] == "transfer_to_person"
    ]
    assert "never say that you are transferring" in spec


def test_a_quote_can_be_texted_and_a_booking_cannot_yet() -> None:
    assert ran("send_text_message", on_call=True, kind="quote").success
    assert fields("send_text_message", on_call=True, kind="booking") == {
        "kind": "there is no booking to text: only staff make bookings"
    }
    for wrong in ("invoice", 3, ["quote"]):
        assert fields("send_text_message", on_call=True, kind=wrong) == {
            "kind": "must be one of quote, booking"
        }
    assert set(fields("send_text_message", on_call=True, kind="quote", to="+19165550100")) == {"to"}
    assert ran("end_call", on_call=True).success
    assert set(fields("end_call", on_call=True, reason="bye")) == {"reason"}


def test_specs_are_what_the_api_takes() -> None:
    for channel in BUSINESS.manners:
        tools = specs(BUSINESS, channel)
        assert json.loads(json.dumps(tools)) == list(tools)
        for tool in tools:
            TypeAdapter(ChatCompletionToolParam).validate_python(tool)
            schema = validator_for(tool["function"]["parameters"])
            assert not schema.is_valid({"price": 1})


def test_a_tool_is_strict_where_no_argument_is_optional() -> None:
    strict = {
        spec["function"]["name"]
        for spec in specs(BUSINESS, "sms")
        if spec["function"].get("strict")
    }
    assert strict == {
        "calculate_travel_fee",
        "search_knowledge",
        "take_message",
        "transfer_to_person",
    }


def test_the_menu_of_a_tool_is_the_business_own() -> None:
    quote = specs(BUSINESS, "sms")[0]["function"]["parameters"]["properties"]
    assert set(quote["protein_selections"]["properties"]) == set(BUSINESS.prices.proteins)
    assert set(quote["addons"]["properties"]) == set(BUSINESS.prices.addons)


def test_a_party_quote_is_exact_and_comes_with_its_quote() -> None:
    found = ran(
        "calculate_party_quote",
        adults=10,
        protein_selections={"filet_mignon": 10, "chicken": 10},
        addons={"gyoza": 2},
        event_zipcode="95125",
        event_date="2026-12-12",
    )
    assert found.success
    assert found.result["quote_id"] == str(QUOTE_ID)
    assert (found.result["total"], found.result["travel_fee"]) == (620.0, 0.0)
    assert found.quote is not None
    assert found.quote.quote.total_cents == 62000
    assert found.quote.party.event_date == date(2026, 12, 12)
    assert json.loads(json.dumps(found.result)) == found.result


@pytest.mark.parametrize(
    ("zip_code", "fee", "status", "reasons"),
    [
        ("94539", 0.0, "estimated", []),
        ("94110", 32.0, "estimated", ["distance_estimated"]),
        ("10001", None, "to_be_confirmed", ["distance_unknown"]),
    ],
)
def test_a_travel_fee_alone(
    zip_code: str, fee: float | None, status: str, reasons: list[str]
) -> None:
    found = ran("calculate_travel_fee", event_zipcode=zip_code)
    assert found.success
    assert found.quote is None
    assert found.result["travel_fee"] == fee
    assert found.result["travel_status"] == status
    assert found.result["reasons"] == reasons
    assert found.result["needs_staff"] is bool(reasons)
    assert sum(line["amount"] for line in found.result["lines"]) == (fee or 0)


def test_protein_costs_alone() -> None:
    chosen = {"lobster_tail": 10, "chicken": 12, "shrimp": 10}
    found = ran("calculate_protein_costs", adults=10, protein_selections=chosen)
    assert (found.result["protein_upgrades"], found.result["extra_proteins"]) == (150.0, 120.0)
    assert [(line["code"], line["amount"]) for line in found.result["lines"]] == [
        ("upgrade:lobster_tail", 150.0),
        ("extra_proteins", 120.0),
    ]


def test_null_is_an_argument_left_out() -> None:
    found = ran("calculate_party_quote", adults=20, children=None, event_zipcode=None)
    assert found.success


def test_knowledge_is_found_with_its_figures_filled_in() -> None:
    entries = ran("search_knowledge", query="is there a minimum order?").result["entries"]
    assert entries[0].keys() == {"id", "question", "answer"}
    assert "$550" in entries[0]["answer"]


def test_nothing_found_is_no_failure() -> None:
    found = ran("search_knowledge", query="zzzz qqqq")
    assert found.success
    assert found.result == {"entries": []}


@pytest.mark.parametrize(
    ("name", "argument", "word"),
    [("take_message", "text", "taken"), ("transfer_to_person", "reason", "accepted")],
)
def test_a_person_is_promised_at_an_honest_time(name: str, argument: str, word: str) -> None:
    found = ran(name, **{argument: "They want to talk."})
    assert found.success
    assert found.result == {word: True, "promise": "within 2 hours, by 4:00 PM"}


def test_any_wording_of_a_reason_reaches_a_person() -> None:
    assert ran("transfer_to_person", reason="customer seems upset!!").success


def test_an_unknown_tool_is_told_so() -> None:
    assert "no tool 'book_flight'" in fields("book_flight", to="Paris")["name"]


def test_arguments_that_were_no_object_are_told_so() -> None:
    assert set(fields("search_knowledge", **{INVALID_ARGUMENTS: "{quer"})) == {"arguments"}


@pytest.mark.parametrize(
    ("name", "arguments", "wrong"),
    [
        ("calculate_party_quote", {}, {"adults"}),
        ("calculate_party_quote", {"adults": "10"}, {"adults"}),
        ("calculate_party_quote", {"adults": 10.5}, {"adults"}),
        ("calculate_party_quote", {"adults": True}, {"adults"}),
        ("calculate_party_quote", {"adults": 0}, {"adults"}),
        ("calculate_party_quote", {"adults": 101, "children": -1}, {"adults", "children"}),
        ("calculate_party_quote", {"adults": 10, "price": 1}, {"price"}),
        ("calculate_party_quote", {"adults": 10, "miles": 3}, {"miles"}),
        ("calculate_party_quote", {"adults": 10, "zip": "94539"}, {"zip"}),
        ("calculate_party_quote", {"adults": 10, "proteins": {}}, {"proteins"}),
        ("calculate_party_quote", {"adults": 10, "event_zipcode": 94539}, {"event_zipcode"}),
        ("calculate_party_quote", {"adults": 10, "event_date": "2020-01-01"}, {"event_date"}),
        (
            "calculate_party_quote",
            {"adults": 10, "protein_selections": {"wagyu": 2}},
            {"protein_selections"},
        ),
        ("calculate_party_quote", {"adults": 10, "addons": ["gyoza"]}, {"addons"}),
        ("calculate_travel_fee", {}, {"event_zipcode"}),
        ("calculate_travel_fee", {"event_zipcode": "SF"}, {"event_zipcode"}),
        ("calculate_travel_fee", {"event_zipcode": "94539", "adults": 2}, {"adults"}),
        ("calculate_protein_costs", {"adults": 10}, {"protein_selections"}),
        ("search_knowledge", {"query": ""}, {"query"}),
        ("search_knowledge", {"query": 5}, {"query"}),
        ("search_knowledge", {"query": None}, {"query"}),
        ("take_message", {"text": "x" * 3000}, {"text"}),
        ("take_message", {"text": "hi", "phone": "+19165550100"}, {"phone"}),
        ("transfer_to_person", {"reason": " "}, {"reason"}),
    ],
)
def test_a_wrong_argument_is_named(name: str, arguments: dict[str, Any], wrong: set[str]) -> None:
    assert set(fields(name, **arguments)) == wrong


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=5,
)
NAMES = ["adults", "children", "protein_selections", "event_zipcode", "query", "text", "kind", ""]


@settings(max_examples=min(1000, settings.default.max_examples))
@given(
    st.sampled_from([*TOOLS, *CALL_TOOLS, "nothing"]),
    st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), anything, max_size=4),
)
def test_no_argument_whatever_makes_a_tool_raise(name: str, arguments: dict[str, Any]) -> None:
    found = run(BUSINESS, ToolCall("call_1", name, arguments), NOW, QUOTE_ID, on_call=True)
    assert found.success is ("error" not in found.result)


def test_a_successful_call_tells_about_the_party() -> None:
    quote = ran(
        "calculate_party_quote",
        adults=10,
        children=None,
        protein_selections={"filet": 10},
        event_date="2026-12-12",
    )
    assert learned(BUSINESS, quote, Facts(zip="94539", name="Dana"), NOW) == Facts(
        adults=10,
        zip="94539",
        name="Dana",
        event_date=date(2026, 12, 12),
        proteins={"filet_mignon": 10},
    )
    travel = ran("calculate_travel_fee", event_zipcode="94110")
    assert learned(BUSINESS, travel, Facts(adults=5), NOW) == Facts(adults=5, zip="94110")


def test_a_failed_call_or_a_search_tells_nothing() -> None:
    for found in (ran("calculate_party_quote", adults=0), ran("search_knowledge", query="rain")):
        assert learned(BUSINESS, found, Facts(adults=5), NOW) == Facts(adults=5)
