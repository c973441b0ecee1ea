"""Which characters a name may have: all that people see, and those without a shape only where they have an effect."""

import re
import sys
import unicodedata

import pytest
import regex
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from cloudui.web.characters import find_invisible
from cloudui.web.text import PlainTextAreaField, PlainTextField

IGNORABLE = regex.compile(r"\p{Default_Ignorable_Code_Point}")
EMOJI = regex.compile(r"\p{Emoji}")
PRESENTED = regex.compile(r"\p{Emoji_Presentation}")
# Blank although Unicode calls them letters, marks or symbols.
BLANK = "\u2800\ufffc\U00013441\U00013442\U00016fe4\U0001d159"
WITHOUT_SHAPE = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}

ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
HIDDEN = [
    "\u3164",
    "\u115f",
    "\u1160",
    "\u2800",
    "\u034f",
    "\ufe0f",
    "\ufe0e",
    "\ufe00",
    "\u180b",
    "\U000e0100",
    "\uffff",
    "\ufffe",
    "\U0010ffff",
    "\u0378",
    "\ue000",
    "\U000f0000",
    "\u00ad",
    "\u200b",
    "\u200c",
    "\u200d",
    "\u200e",
    "\u2060",
    "\u2065",
    "\ufeff",
    "\uffa0",
    "\ufff0",
    "\U000e0067",
    "\U000e007f",
    "\U0001d173",
    *BLANK,
]
GOOD = {
    "Persian": "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    "Persian plural": "\u062e\u0627\u0646\u0647\u200c\u0647\u0627\u06cc \u0645\u0627",
    "Persian with a vowel sign": "\u0645\u06cc\u0650\u200c\u062e",
    "Sinhala": "\u0dc1\u0dca\u200d\u0dbb\u0dd3 \u0dbd\u0d82\u0d9a\u0dcf",
    "Sinhala, touching letters": "\u0daf\u200d\u0dca\u0daf",
    "Hindi, half a letter": "\u0915\u094d\u200d\u0937",
    "Hindi, no ligature": "\u0915\u094d\u200c\u0937",
    "Bengali": "\u09b0\u200d\u09cd\u09af\u09be\u09ae",
    "Kannada": "\u0cb0\u200d\u0ccd\u0caf\u0cbe\u0c82\u0c95\u0ccd",
    "Malayalam, as it was written": "\u0d05\u0d35\u0d28\u0d4d\u200d",
    "family": "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
    "couple": "\U0001f469\U0001f3fd\u200d\u2764\ufe0f\u200d\U0001f48b\u200d\U0001f468\U0001f3fb",
    "handshake": "\U0001f9d1\U0001f3fb\u200d\U0001f91d\u200d\U0001f9d1\U0001f3ff",
    "hands": "\U0001faf1\U0001f3fb\u200d\U0001faf2\U0001f3ff",
    "scientist": "\U0001f469\U0001f3fe\u200d\U0001f52c",
    "detective": "\U0001f575\ufe0f\u200d\u2640\ufe0f",
    "runner to the right": "\U0001f3c3\u200d\u2642\ufe0f\u200d\u27a1\ufe0f",
    "rainbow flag": "\U0001f3f3\ufe0f\u200d\U0001f308",
    "eye in a bubble": "\U0001f441\ufe0f\u200d\U0001f5e8\ufe0f",
    "polar bear": "\U0001f43b\u200d\u2744\ufe0f",
    "England": ENGLAND,
    "Scotland": "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "flag of two letters": "\U0001f1e9\U0001f1ea",
    "heart": "\u2764\ufe0f",
    "keycap": "1\ufe0f\u20e3 first",
    "emoji of Unicode 17": "\U0001faea \U0001f6d8",
    "Korean": "\ud55c\uad6d\uc5b4",
    "combining": "q\u0307",
    "spaces of typesetting": "10\u202f000\u00a0\u20ac \u5168\u3000\u89d2",
}
BAD = {
    "joiner between signs that do not join": "\U0001f680\u200d\U0001f680",
    "joiner at the end of an emoji": "\U0001f468\u200d",
    "joiner at the beginning": "\u200d\U0001f467",
    "two joiners": "\U0001f468\u200d\u200d\U0001f469",
    "variation of a digit": "Production 1\ufe0f",
    "two variations": "\u2764\ufe0f\ufe0f",
    "non-joiner in Latin": "Pro\u200cduction",
    "non-joiner at the end": "\u0645\u06cc\u200c",
    "two non-joiners": "\u0645\u06cc\u200c\u200c\u062e",
    "non-joiner after a letter that never joins": "\u06a9\u0627\u0631\u200c\u0647\u0627",
    "non-joiner behind the last virama": "\u0915\u094d\u200c",
    "joiner behind a letter": "\u0915\u200d\u0937",
    "joiner behind the last virama of Tamil": "\u0b95\u0bcd\u200d",
    "flag of tags that is none": "\U0001f3f4\U000e0067\U000e0062\U000e007f",
    "flag of tags without an end": ENGLAND[:-1],
    "tags behind another sign": "\U0001f3f3" + ENGLAND[1:],
    "old Hangul with a filler": "\u1100\u1160",
}


def refused(text):
    with pytest.raises(ValidationError) as error:
        PlainTextField().clean(text)
    return error.value


@pytest.mark.threat("T-W6")
@pytest.mark.parametrize("character", HIDDEN, ids=ascii)
@pytest.mark.parametrize("name", ["{}", "Production{}", "{}Production", "Pro{}duction", "{0}{0}"])
def test_what_cannot_be_seen_is_no_part_of_a_name(name, character):
    error = refused(name.format(character))

    assert (error.code, error.messages) == (
        "invisible",
        [f"Remove the invisible character U+{ord(character):04X}."],
    )


@pytest.mark.parametrize("name", GOOD)
def test_words_and_signs_keep_what_they_are_written_with(name):
    assert PlainTextField().clean(GOOD[name]) == GOOD[name]


@pytest.mark.threat("T-W6")
@pytest.mark.parametrize("name", BAD)
def test_what_joins_is_refused_where_nothing_joins(name):
    assert refused(BAD[name]).code == "invisible"


@pytest.mark.parametrize(
    ("written", "kept"),
    [("\u26a1\ufe0f", "\u26a1"), ("\u260e\ufe0e", "\u260e"), ("\u260e\ufe0f", "\u260e\ufe0f")],
    ids=["lightning", "black telephone", "red telephone"],
)
def test_a_variation_that_changes_nothing_is_dropped(written, kept):
    """Keyboards send it, and with it two names would look alike."""
    assert PlainTextField().clean(f"Go{written}") == f"Go{kept}"


@pytest.mark.threat("T-W6")
def test_every_character_alone_is_told_by_the_data_of_unicode():
    known = {"\n", "\r", "\t"}
    wrong = [
        f"U+{ord(character):04X}"
        for character in map(chr, range(sys.maxunicode + 1))
        if character not in known
        and (find_invisible(character) is not None)
        != (
            unicodedata.category(character) in WITHOUT_SHAPE
            or character in BLANK
            or bool(IGNORABLE.fullmatch(character))
            # What a newer Unicode has assigned is unknown to an older Python, which takes new emoji nevertheless.
            or (unicodedata.category(character) == "Cn" and not EMOJI.fullmatch(character))
        )
    ]

    assert not wrong


def test_a_variation_follows_an_emoji_only():
    wrong = [
        f"U+{ord(character):04X}"
        for character in map(chr, range(0x80, sys.maxunicode + 1))
        if find_invisible(character) is None
        and (find_invisible(f"{character}\ufe0f") is None) != bool(EMOJI.fullmatch(character))
    ]

    assert not wrong


@given(
    st.text(
        st.sampled_from(
            ["a", "\u0645", "\u0dca", "\u0dc1", "\U0001f468", "\u2764", "\u200c", "\u200d", "\ufe0f"]
        )
    )
)
def test_no_name_begins_or_ends_with_a_joiner_nor_has_two_in_a_row(text):
    if find_invisible(text) is None:
        assert not re.search(
            "^[\u200c\u200d]|\u200c$|[\u200c\u200d\ufe0f][\u200c\u200d]{2}|[\u200c\u200d]{2}|\ufe0f\ufe0f",
            text,
        )


@given(st.text())
def test_what_was_taken_is_taken_again_as_it_is(text):
    field = PlainTextAreaField(required=False)
    try:
        kept = field.clean(text)
    except ValidationError:
        return
    assert field.clean(kept) == kept


def test_a_text_of_many_flags_costs_no_more_than_its_length():
    assert find_invisible(ENGLAND * 30_000) is None


def test_a_text_that_is_too_long_is_refused_before_its_accents_are_put_in_order():
    accents = "a" + "\u0315\u0300" * 250_000

    with pytest.raises(ValidationError) as refusal:
        PlainTextField(max_length=100).clean(accents)

    assert refusal.value.messages == ["Use at most 100 characters; this has 500001."]


def test_what_is_composed_of_four_characters_counts_as_one():
    assert len(PlainTextField(max_length=100).clean("\u03b1\u0313\u0300\u0345" * 100)) == 100
