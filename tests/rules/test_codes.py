"""Codes: by what uids and identities are compared, and which signs are refused, by their names."""

import pytest

from evcnet.codes import foreign_sign, identity_key, is_visible, uid_key, unpadded_uid_key

SPELLINGS = ["04386b4d", "04386B4D", "04:38:6B:4D", "04-38-6b-4d", "04 38 6B 4D", "04.38.6b.4d", " 04:386B-4d "]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_letter_case_separators_and_outer_blanks_make_no_difference(spelling):
    assert uid_key(spelling) == "04386B4D"
    assert identity_key(spelling) == "04386B4D"


def test_an_asterisk_separates_in_identities_and_counts_in_uids():
    assert identity_key("NL*GRG*E148*2") == identity_key("nlgrge1482")
    assert uid_key("AB*1") != uid_key("AB1")


def test_leading_zeros_count_but_where_a_spreadsheet_may_have_lost_them():
    assert uid_key("0040AB") != uid_key("40AB")
    assert unpadded_uid_key("00:40:ab") == unpadded_uid_key("40AB")
    assert unpadded_uid_key("4000") == "4000"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("04AD\u200b", "U+200B, a zero-width space, at place 5"),
        ("\uff10\uff14AD", "U+FF10, a fullwidth digit zero, at place 1"),
        ("040031F8\u0421EBF40", "U+0421, a Cyrillic capital letter es, at place 9"),
        ("\u039104", "U+0391, a Greek capital letter alpha, at place 1"),
        ("NL\u00a01", "U+00A0, a no-break space, at place 3"),
        ("a\tb", "U+0009, a tab, at place 2"),
        ("a\x1bb", "U+001B, a control sign, at place 2"),
        ("ab\u202ec", "U+202E, a right-to-left override, at place 3"),
        ("NORTH\u20131", "U+2013, an en dash, at place 6"),
        ("A\uff0d1", "U+FF0D, a fullwidth hyphen-minus, at place 2"),
        ("Z\u0661", "U+0661, an arabic-indic digit one, at place 2"),
        ("e\u0301", "U+0301, a combining acute accent, at place 2"),
    ],
)
def test_a_sign_that_is_not_what_it_looks_like_is_named_with_its_place(text, name):
    assert foreign_sign(text, ascii_only=True) == name
    assert foreign_sign(text, ascii_only=False) == name


def test_letters_with_accents_and_symbols_are_signs_of_codes_but_not_of_uids():
    for code in ("ZÜRICH-Œ", "№ 7", "ünï😀", "§5"):
        assert foreign_sign(code, ascii_only=False) is None
    assert foreign_sign("ZÜRICH", ascii_only=True) == "U+00DC, a Latin capital letter u with diaeresis, at place 2"


@pytest.mark.parametrize("text", ["", "   ", "\u200b", "\u2060\ufeff", "\u3164", "\u2800", "\u0301"])
def test_a_name_of_which_nothing_is_seen_is_none(text):
    assert not is_visible(text)


@pytest.mark.parametrize("text", ["-", "#N/A", "名", "\U0001f600", "\u202evil", "Crème"])
def test_one_visible_sign_makes_a_name(text):
    assert is_visible(text)
