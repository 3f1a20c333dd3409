"""What is said to be written in place of a date or time that is not ISO 8601."""

import pytest

from evcnet.datetimes import NotAMoment, read_moment
from evcnet.moment_remedy import YEAR_FIRST, moment_remedy


@pytest.mark.parametrize(
    ("text", "advised"),
    [
        ("31-12-2027", "2027-12-31"),
        (" 31.12.2027 ", "2027-12-31"),
        ("12/31/2027", "2027-12-31"),
        ("5/5/2027", "2027-05-05"),
        ("2027/12/31", "2027-12-31"),
        ("2027-2-3", "2027-02-03"),
        ("30-10-2026 9:05", "2026-10-30T09:05"),
        ("30-10-2026, 00:00:00", "2026-10-30T00:00"),
    ],
)
def test_the_same_day_is_advised_with_its_year_first(text, advised):
    assert moment_remedy(text) == f": write {advised}"


@pytest.mark.parametrize("text", ["1/2/2027", "31/12/27", "31-31-2027", "30-10-2026 25:00", "1 januari 2027", "soon"])
def test_no_day_is_advised_that_may_not_be_meant(text):
    assert moment_remedy(text) == YEAR_FIRST


def test_what_a_spreadsheet_counts_becomes_a_date_by_its_format():
    assert "format the column as a date" in moment_remedy("46752")


@pytest.mark.parametrize("text", ["2026-02-30", "12026-02-03", "2027-12-31T24:00"])
def test_a_day_or_an_hour_that_there_is_not_is_in_the_right_order_already(text):
    assert moment_remedy(text) == ""


def test_whoever_reads_a_moment_says_the_remedy():
    with pytest.raises(NotAMoment, match="“31-12-2027” is not a time in ISO 8601, .*: write 2027-12-31"):
        read_moment("31-12-2027", lambda: None)
