"""Cells with choices as people have them: the portal's own words, and those of other programs in four languages."""

import pytest

from customers.models import ChargeCard, Customer
from evcnet.importexport.common_words import COMMON_WORDS
from evcnet.importexport.registry import RESOURCES, resource_named
from evcnet.importexport.scope import FileScope
from evcnet.importexport.widgets import ChoiceWidget

pytestmark = pytest.mark.django_db
HEADER = "user_group,number,name,kind,language,payment,status"


@pytest.mark.parametrize(
    ("cells", "meant"),
    [
        (
            "Employee of a company,Dutch,Prepaid (direct payment),Waits for approval",
            ("employee", "nl", "prepaid", "pending"),
        ),
        ("Bedrijf,Nederlands,Abonnement,Geblokkeerd", ("company", "nl", "subscription", "blocked")),
        ("Firma,Deutsch,Abo,aktiv", ("company", "de", "subscription", "active")),
        ("société,français,prépayé,désactivé", ("company", "fr", "prepaid", "deactivated")),
        ("PRIVATE,nl-NL,,", ("private", "nl", "subscription", "active")),
    ],
)
def test_a_choice_is_known_by_the_words_of_the_portal_and_of_other_programs(world, take, cells, meant):
    assert take("customers", HEADER, f"NORTH,1900,Jo,{cells}").counts == (1, 0, 0, 0)
    customer = Customer.objects.get(number="1900")
    assert (customer.kind, customer.language, customer.payment, customer.status) == meant
    assert take("customers", HEADER, f"NORTH,1900,Jo,{cells}").counts == (0, 0, 1, 0)


def test_a_word_counts_in_a_column_that_has_its_value(world, take):
    answer = take("charge_cards", "uid,customer,status", "NEW1,1001,geblokkeerd")
    assert (answer.counts, answer.errors) == ((0, 0, 0, 1), [(2, "status")])
    assert "write inactive, active or deactivated" in answer.messages
    assert not ChargeCard.objects.filter(uid="NEW1").exists()


def test_every_common_word_means_one_choice_of_its_column():
    for kind in RESOURCES:
        for field in resource_named(kind)(FileScope()).columns:
            if isinstance(field.widget, ChoiceWidget):
                for choice in field.widget.choices.values():
                    for word in COMMON_WORDS[choice].split(","):
                        assert field.widget.clean(word.upper()) == choice, (kind, field.column_name, word)
