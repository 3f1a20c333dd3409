"""An import of rows that are new, changed, the same, or wrong."""

import pytest
from django.core.management import CommandError, call_command
from pghistory.models import Context

from chargepoints.models import Location
from customers.models import ChargeCard, Customer, Provider, UserGroup
from evcnet.history import event_model
from tests import factories as make
from tests.importexport.files import csv_of, import_csv

pytestmark = pytest.mark.django_db


def test_rows_are_new_changed_or_unchanged_by_their_natural_key(world, take):
    answer = take(
        "customers",
        "user_group,number,name,email",
        "NORTH,1001,Jansen and son,jansen@example.org",
        'SOUTH,1002,"Bakker, M.",bakker@example.org',
        "NORTH,1003,Visser,",
    )
    assert (answer.status, answer.counts) == (0, (1, 1, 1, 0))
    assert answer.said == {
        "kind": "customers",
        "rows": 3,
        "new": 1,
        "updated": 1,
        "unchanged": 1,
        "invalid": 0,
        "written": True,
        "errors": [],
    }
    world.jansen.refresh_from_db()
    assert world.jansen.name == "Jansen and son"
    visser = Customer.objects.get(number="1003")
    assert (visser.provider, visser.user_group, visser.status, visser.language) == (
        world.greengrid,
        world.north,
        "active",
        "en",
    )


def test_one_bad_row_and_nothing_is_written_but_every_bad_row_is_reported(world, take):
    answer = take(
        "customers",
        "user_group,number,name,email,language",
        "NORTH,1003,Visser,visser@example.org,nl",
        "NORTH,1004,,not-an-address,nl",
        "EAST,1005,Smit,smit@example.org,klingon",
    )
    assert answer.status == 1
    assert answer.errors == [(3, "email"), (3, "name"), (4, "language"), (4, "user_group")]
    assert answer.said["invalid"] == 2
    assert not answer.said["written"]
    assert not Customer.objects.filter(number__in=["1003", "1004", "1005"]).exists()


def test_at_most_a_thousand_errors_are_listed_and_all_are_counted(world, take):
    answer = take("customers", "user_group,number,name", *(f"NOWHERE,N{number},Somebody" for number in range(1_500)))
    assert len(answer.said["errors"]) == 1_000
    assert answer.said["invalid"] == 1_500
    assert Customer.objects.count() == 3


def test_a_dry_run_counts_and_writes_nothing(world, take):
    answer = take("customers", "user_group,number,name", "NORTH,1003,Visser", dry_run=True)
    assert (answer.status, answer.counts, answer.said["written"]) == (0, (1, 0, 0, 0), False)
    assert not Customer.objects.filter(number="1003").exists()


def test_a_column_left_out_stays_as_it_is(world, take):
    Customer.objects.filter(pk=world.jansen.pk).update(language="nl", payment="prepaid")
    take("customers", "user_group,number,name", "NORTH,1001,Jansen")
    world.jansen.refresh_from_db()
    stays = (world.jansen.language, world.jansen.payment, world.jansen.email)
    assert stays == ("nl", "prepaid", "jansen@example.org")


def test_an_empty_cell_of_a_stored_row_empties_texts_and_leaves_what_has_choices(world, take):
    """So no file approves or unblocks anybody without saying so."""
    Customer.objects.filter(pk=world.jansen.pk).update(language="nl", payment="prepaid", status="blocked")
    header = "user_group,number,kind,name,email,language,payment,status"
    assert take("customers", header, "NORTH,1001,,Jansen,,,,").counts == (0, 1, 0, 0)
    world.jansen.refresh_from_db()
    stays = (world.jansen.language, world.jansen.payment, world.jansen.status, world.jansen.email)
    assert stays == ("nl", "prepaid", "blocked", "")


def test_an_empty_cell_leaves_what_has_choices_or_a_default_in_every_kind(world, take):
    ChargeCard.objects.filter(pk=world.jansens_card.pk).update(status="deactivated", type="OTHER", roaming=True)
    Location.objects.filter(pk=world.market.location_id).update(published=True, time_zone="Europe/London", city="")
    place = Location.objects.get(pk=world.market.location_id)
    begins = world.cheap.versions.get().valid_from.isoformat()
    rows = {
        "charge_cards": (
            "uid,customer,visual_number,type,roaming,status",
            "04AA11,1001,NL-GRG-000001-A,,,",
        ),
        "charge_points": (
            "identity,name,location,charge_group,status",
            f"NLGRGE0001,Market square,{place.code},CG-LEUSDEN,",
        ),
        "locations": ("code,name,country,published,time_zone", f"{place.code},{place.name},NL,,"),
        "tariffs": ("code,name,valid_from,currency,energy_per_kwh,vat_percent", f"CHEAP,Cheap,{begins},,0.20,"),
    }
    for kind, (header, row) in rows.items():
        answer = take(kind, header, row)
        assert answer.counts == (0, 0, 1, 0), (kind, answer.messages)


def test_an_unchanged_row_leaves_no_trace_in_the_history(world, take):
    events = event_model(Customer).objects
    before = events.count()
    assert take("customers", "user_group,number,name", 'NORTH,1001,"Jansen, T."').counts == (0, 0, 1, 0)
    assert events.count() == before > 0


def test_the_history_says_which_file_a_change_came_from(world, take):
    take("customers", "user_group,number,name", "NORTH,1001,Jansen")
    assert Context.objects.filter(metadata__command="import_csv customers", metadata__file="rows.csv").exists()


def test_the_provider_stands_in_the_file_or_is_named(world, take):
    answer = take("user_groups", "provider,code,name", "GRG,EAST,East", "BLV,WEST,West", provider=None)
    assert answer.counts == (2, 0, 0, 0)
    assert UserGroup.objects.get(code="WEST").provider == world.bluevolt


def test_without_a_provider_where_there_are_several_the_file_is_not_taken(world, take):
    answer = take("user_groups", "code,name", "EAST,East", provider=None)
    assert answer.status == 2
    assert "BLV or GRG" in answer.messages
    assert not UserGroup.objects.filter(code="EAST").exists()


def test_the_only_provider_needs_no_name(db, take):
    only = make.ProviderFactory(code="ONE")
    take("user_groups", "code,name", "EAST,East", provider=None)
    assert UserGroup.objects.get().provider == only


def test_a_provider_that_does_not_exist_is_refused(world, take):
    answer = take("user_groups", "code,name", "EAST,East", provider="NOPE")
    assert (answer.status, answer.errors) == (2, [(1, "provider")])


def test_a_row_of_another_provider_than_the_one_named_is_refused(world, take):
    answer = take("user_groups", "provider,code,name", "BLV,EAST,East")
    assert (answer.status, answer.errors) == (1, [(2, "provider")])
    assert not UserGroup.objects.filter(code="EAST").exists()


def test_two_rows_with_one_key_are_refused_at_the_second(world, take):
    answer = take("customers", "user_group,number,name", "NORTH,1003,Visser", "NORTH,1003,Visscher")
    assert answer.errors == [(3, "number")]
    assert "row 2" in answer.messages
    assert not Customer.objects.filter(number="1003").exists()


@pytest.mark.parametrize("separator", [",", ";"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_commas_and_semicolons_with_and_without_a_byte_order_mark(world, take, separator, mark):
    data = mark + separator.join(["user_group", "number", "name"]).encode() + b"\r\n"
    data += separator.join(["NORTH", "1003", "Müller"]).encode() + b"\r\n"
    assert take("customers", data).counts == (1, 0, 0, 0)
    assert Customer.objects.get(number="1003").name == "Müller"


def test_row_numbers_are_those_of_a_spreadsheet_with_empty_rows_and_line_breaks_in_cells(world, take):
    answer = take("customers", "user_group,number,name", 'NORTH,1003,"two', 'lines"', "", ",,", "NORTH,1004,")
    assert answer.errors == [(5, "name")]
    assert answer.said["rows"] == 2


def test_a_file_with_a_header_alone_changes_nothing(world, take):
    answer = take("customers", "user_group,number,name")
    assert (answer.status, answer.said["rows"]) == (0, 0)


def test_without_json_people_read_sentences(world, tmp_path, capsys):
    file = tmp_path / "rows.csv"
    file.write_bytes(csv_of("user_group,number,name", "NORTH,1003,"))
    with pytest.raises(CommandError) as refused:
        call_command("import_csv", "customers", str(file), provider="GRG")
    assert refused.value.returncode == 1
    said = capsys.readouterr().out
    assert "row 2, name: The cell is empty" in said
    assert "1 with errors" in said


def test_a_file_that_is_not_there_has_exit_status_2(world, tmp_path):
    answer = import_csv("customers", b"", tmp_path, provider="GRG")
    assert answer.status == 2


def test_the_number_of_queries_does_not_grow_with_the_rows(world, take, django_assert_max_num_queries):
    lines = [f"NORTH,N{number},Somebody" for number in range(200)]
    with django_assert_max_num_queries(20):
        take("customers", "user_group,number,name", *lines)
    assert Customer.objects.filter(number__startswith="N").count() == 200


def test_providers_are_imported_by_their_code(db, take):
    answer = take(
        "providers",
        "code,name,country_code,party_id,minimum_kwh",
        "GRG,GreenGrid,nl,grg,",
        "BLV,BlueVolt,NO,BLV,0.5",
        provider=None,
    )
    assert answer.counts == (2, 0, 0, 0)
    greengrid = Provider.objects.get(code="GRG")
    assert (greengrid.country_code.code, greengrid.party_id, str(greengrid.minimum_kwh)) == ("NL", "GRG", "0.200")
