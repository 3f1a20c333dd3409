"""Two worlds that differ in what is foreign alone: each role is answered the same, byte for byte, in both.

The second world is the first with everything out of the role's reach renamed, repriced and multiplied, under the same ids
of what is within it. An order, a filter, a count or a file that depends on what is hidden differs.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection, models
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chargegroups.models import ChargeGroup
from chargepoints.models import ChargePoint, Session
from customers.models import ChargeCard, Customer, UserGroup
from tariffs.models import Tariff
from tests import factories as make
from tests.structure.source import ROOMS
from tests.tenancy.asking import STAMPS, address, ask, forms_of, reaches, taken_back
from tests.tenancy.attacking import LISTS, url
from tests.tenancy.conftest import signed_in
from tests.tenancy.frame import STATUS, address_of
from tests.tenancy.pages import NOWHERE, pages
from tests.tenancy.world import World

pytestmark = pytest.mark.django_db

FOREIGN = {
    "sub provider": ("zqsouth", "zqabove", "zqfjord", "zqprovider"),
    "helpdesk": ("zqsouth", "zqabove", "zqfjord", "zqprovider"),
    "several roles": ("zqabove", "zqfjord", "zqprovider"),
    "provider staff": ("zqfjord", "zqprovider"),
}
"""The marks of what is out of each role's reach."""
RENAMED = {"zqsouth": "aayonder", "zqabove": "aaupper", "zqfjord": "aafjells", "zqprovider": "aacompany"}
"""Of another length, and at the other end of every list."""
SEARCHED = ("zq", "1001", "Jansen", "aa")
THOROUGH = ("sub provider",)
"""Whose lists are fetched in every order and with every filter that they offer."""
VOLATILE = [
    *STAMPS,
    (re.compile(rb'(name="seen" value="[^":]*):[^"]*"'), rb"\1"),  # the moment and the signature
    (re.compile(rb"just now|\d+(?: |\xc2\xa0)min(?:utes?)? ago"), b"ago"),
    (re.compile(rb'(data-label="Wait(?:s|ed), minutes">)\d+'), rb"\1"),
    (re.compile(rb'name="at_time" value="[^"]*"'), b"now"),
]


Request = tuple[str, str, tuple[tuple[str, Any], ...]]
Answered = tuple[int, bytes, str]
"""Status, body and where it leads."""


@pytest.mark.parametrize("role", FOREIGN)
def test_what_is_foreign_changes_no_answer(role, marked, record_property):
    """Pages, orders, searches, filters, exports and previews."""
    browser = signed_in(marked, role)
    first = {each: _answer(browser, *each) for each in dict.fromkeys(_requests(marked, role, browser))}
    before = {each: answer for each, answer in first.items() if answer[0] == 200 or answer[2]}
    after = _in_the_second_world(browser, marked, role, before)
    # Asked in both worlds once more, at once, before it is called different: a page may say the time.
    suspect = {each: _answer(browser, *each) for each, answer in before.items() if answer != after[each]}
    again = _in_the_second_world(browser, marked, role, suspect)
    differing = [
        f"{method} {where} {data}: {_first_difference(one, again[method, where, data])}"
        for (method, where, data), one in suspect.items()
        if one != again[method, where, data]
    ]
    record_property("requests", len(before))
    assert len(before) > 80
    assert not differing, f"{len(differing)} of {len(before)}:\n" + "\n".join(differing)


def _in_the_second_world(browser: Client, world: World, role: str, asked: Iterable[Request]) -> dict[Request, Answered]:
    with taken_back():
        change_everything_foreign(world, role)
        return {each: _answer(browser, *each) for each in asked}


def test_the_second_world_is_another_one(marked):
    """What is changed shows to the provider's staff, who sees all of it: else the comparison would hold of itself."""
    browser = signed_in(marked, "provider staff")
    lists = [url(model) for model in (Customer, ChargeCard, ChargeGroup, ChargePoint, Tariff, Session)]
    before = [_answer(browser, "GET", each, ()) for each in lists]
    change_everything_foreign(marked, "sub provider")
    assert all(one != _answer(browser, "GET", each, ()) for each, one in zip(lists, before, strict=True))


# What is asked for


def _requests(world: World, role: str, browser: Client) -> Iterator[Request]:
    for model in LISTS:
        yield from _of_list(model, browser, thorough=role in THOROUGH)
    for page in (each for each in pages() if each.of_row and NOWHERE not in each.get):
        for whose in ("own", "sibling"):
            if reaches(role, page, whose) and (whose == "own" or role == "several roles"):
                yield "GET", address(page, world.tenants[whose]), ()
    frame = [name for name, statuses in STATUS.items() if name.startswith("admin:") and statuses[0] == 200]
    yield from (("GET", address_of(name), ()) for name in [*frame, "account_alerts"])
    yield from _questions(world)
    yield from _previews(world, role, browser)


def _of_list(model: Any, browser: Client, *, thorough: bool) -> Iterator[Request]:
    where = url(model)
    response = browser.get(where)
    if response.status_code != 200:
        return
    yield "GET", where, ()
    orders = sorted(set(re.findall(rb"[?&;]o=-?([0-9]+)", response.content)))
    for column in orders if thorough else orders[:1]:
        yield from (("GET", f"{where}?o={sign}{column.decode()}", ()) for sign in ("", "-"))
    yield from (("GET", f"{where}?{urlencode({'q': words})}", ()) for words in SEARCHED[: None if thorough else 2])
    if thorough:
        yield from (("GET", where + query, ()) for query in _filters(response.content))
    if hasattr(admin.site._registry[model], "resource_classes"):
        for number, _ in enumerate(admin.site._registry[model].resource_classes):
            sent = {"format": "0", "resource": str(number), "export_items": "1"}
            yield "POST", url(model, "export"), tuple(sent.items())
        yield "GET", url(model, "export"), ()


def _filters(page: bytes) -> Iterator[str]:
    """What the page of a list links to, and one choice after the other of its filters."""
    links = {html.unescape(each.decode()) for each in re.findall(rb'href="(\?[^"#]+)"', page)}
    yield from sorted(each for each in links if not re.search(r"[?&]o=", each))
    for name, options in re.findall(r'<select[^>]* name="([^"]+)"(.*?)</select>', page.decode(), re.DOTALL):
        if name != "action":
            yield from (f"?{urlencode({name: each})}" for each in re.findall(r'<option value="([^"]+)"', options))


def _questions(world: World) -> Iterator[Request]:
    """May this card charge here, and suggestions while it is typed."""
    may_charge, suggest = reverse("admin:may_charge"), reverse("admin:may_charge_suggest")
    for card in (world.north[ChargeCard].uid, "guestuid"):
        for point in ("zqnorthidentity", "north-second", "north-shared-point"):
            yield "GET", f"{may_charge}?{urlencode({'card': card, 'charge_point': point})}", ()
    for kind in ("card", "point"):
        yield "GET", f"{suggest}?{urlencode({'q': 'zq', 'kind': kind})}", ()
    yield "GET", f"{reverse('admin:search')}?{urlencode({'s': 'zq', 'extended': '1'})}", ()
    for field in ("tariff", "customer"):
        names = {"app_label": "chargegroups", "model_name": "customerexception", "field_name": field, "term": ""}
        yield "GET", f"{reverse('admin:autocomplete')}?{urlencode(names)}", ()


PREVIEWED = ("terms", "exceptions", "close", "version", "undo", "cancel")


def _previews(world: World, role: str, browser: Client) -> Iterator[Request]:
    """The pages of a change as their forms send them, to be previewed and listed."""
    for page in (each for each in pages() if each.of_row and each.name.rpartition("_")[2] in PREVIEWED):
        where = address(page, world.north)
        typed = forms_of(browser, where)
        if typed and reaches(role, page, "own"):
            for name in ("own_user_group", "other_user_groups", "roaming"):
                for step in ("preview", "letter"):
                    sent = typed | {"step": [step], name: [] if name in typed else ["on"], "notify": ["all"]}
                    sent = {key: values for key, values in sent.items() if values and key != "at"}
                    yield "POST", where, tuple((key, tuple(values)) for key, values in sorted(sent.items()))


DRAFT = re.compile(r"^/changes/drafts/(\d+)/$")
"""Where a preview leads: each request makes a draft anew, with an id of its own."""


def _answer(browser: Client, method: str, where: str, data: tuple[tuple[str, Any], ...]) -> Answered:
    with taken_back():
        answer = ask(browser, method, where, dict(data))
        if draft := DRAFT.match(answer.location):
            answer = ask(browser, "GET", answer.location, hide=[draft[1].encode()])
    body = answer.body
    today = timezone.localdate().strftime("%-d %b %Y")
    for pattern, word in [*VOLATILE, (re.compile(rf"{today} \d\d:\d\d".encode()), today.encode())]:
        body = pattern.sub(word, body)
    return answer.status, body, answer.location


def _first_difference(one: Answered, other: Answered) -> str:
    if (one[0], one[2]) != (other[0], other[2]):
        return f"{one[0]} {one[2]}, {other[0]} {other[2]}"
    at = next((i for i, (a, b) in enumerate(zip(one[1], other[1], strict=False)) if a != b), -1)
    cut = slice(max(at - 60, 0), at + 60)
    return f"{one[1][cut]!r} … {other[1][cut]!r}"


# The other world


def change_everything_foreign(world: World, role: str) -> None:
    """New names, prices and times in place, whatever guards them, and more rows of each kind."""
    login = type(world.logins[role]).objects.get(pk=world.logins[role].pk)
    _more(world, role)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        for model in _ours():
            _reprice(model, login)
        _rename(cursor, FOREIGN[role])
        cursor.execute("SET LOCAL session_replication_role = origin")


def _ours() -> list[type[models.Model]]:
    return [each for each in apps.get_models() if each._meta.app_label in ROOMS and hasattr(each, "tenancy")]


def _reprice(model: Any, login: Any) -> None:
    """Amounts and times of rows out of reach. A helpdesk sees no tariffs, and still what its cards pay by its own."""
    if not model._meta.managed:
        return
    reach = login.scope("chargegroups.view_chargegroup")
    within = model._base_manager.filter(model.tenancy.clause(model, reach)).values_list("pk", flat=True)
    foreign = model._base_manager.exclude(pk__in=list(within))
    for field in model._meta.concrete_fields:
        if isinstance(field, models.DecimalField):
            foreign.update(**{field.name: models.F(field.name) / 2})
    if model is Session:
        foreign.update(started_at=models.F("started_at") - timedelta(hours=5))


def _rename(cursor: Any, marks: tuple[str, ...]) -> None:
    cursor.execute(
        "SELECT c.table_name, c.column_name, c.udt_name FROM information_schema.columns c"
        " JOIN information_schema.tables t USING (table_schema, table_name)"
        " WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND udt_name IN ('varchar', 'text', 'jsonb')"
        " AND is_generated = 'NEVER'"
    )
    for table, column, kind in cursor.fetchall():
        for mark in marks:
            word = RENAMED[mark]
            cast = "::jsonb" if kind == "jsonb" else ""
            cursor.execute(
                f'UPDATE "{table}" SET "{column}" = replace("{column}"::text, %s, %s){cast}'
                f' WHERE "{column}"::text LIKE %s',
                [mark, word, f"%{mark}%"],
            )


def _more(world: World, role: str) -> None:
    """More customers, cards, charge points and exceptions of those out of reach, also where they may charge."""
    marks = FOREIGN[role]
    for tenant in (world.south, world.fjord):
        said = "zqsouth" if tenant is world.south else "zqfjord"
        if said not in marks:
            continue
        second = make.UserGroupFactory(provider=tenant.provider, code=f"{said}-more", name=f"{said} more")
        for number in range(3):
            for user_group in (tenant.user_group, second):
                customer = make.CustomerFactory(
                    user_group=user_group, number=f"{said}-{user_group.pk}-{number}", name=f"{said} An{number}"
                )
                make.ChargeCardFactory(customer=customer, uid=f"{said}-{user_group.pk}-{number}", roaming=bool(number))
        make.ChargePointFactory(charge_group=tenant[ChargeGroup], identity=f"{said}-more", owner=customer)
        make.CustomerExceptionFactory(charge_group=tenant[ChargeGroup], customer=customer)
        make.TariffFactory(provider=tenant.provider, code=f"{said}-more", name=f"{said} more", per_kwh="9.1913")
    if "zqabove" in marks:
        above = UserGroup.objects.get(code="zqabove-group")
        make.CustomerFactory(user_group=above, number="zqabove-1002", name="zqabove An")
