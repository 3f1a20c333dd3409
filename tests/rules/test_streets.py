"""Streets: an address without its house number."""

from chargepoints.streets import street_of

STREETS = {
    "Stationsstraat": ["Stationsstraat", "Stationsstraat 3a", "Stationsstraat 12-14", " Stationsstraat  7 hs", "Stationsstraat, 4"],
    "rue de la Paix": ["12 rue de la Paix", "12, rue de la Paix", "12 bis rue de la Paix"],
    "Straße des 17. Juni": ["Straße des 17. Juni", "Straße des 17. Juni 135"],
    "Plein 1944": ["Plein 1944 12"],
    "2e Oosterparkstraat": ["2e Oosterparkstraat", "2e Oosterparkstraat 10"],
    "": ["", "17", " , "],
}  # fmt: skip


def test_a_street_is_an_address_without_its_house_number():
    read = {address: street_of(address) for addresses in STREETS.values() for address in addresses}
    assert read == {address: street for street, addresses in STREETS.items() for address in addresses}
