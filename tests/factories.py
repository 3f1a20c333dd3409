"""Small worlds: one factory a thing, each complete by itself."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import factory

from chargegroups import writes
from chargegroups.models import ChargeGroup, CustomerException, Terms
from chargepoints.models import ChargePoint, Location
from customers.models import ChargeCard, Customer, Membership, Provider, StaffMember, UserGroup
from roaming.models import Agreement, Partner, PartnerToken
from tariffs import writes as tariff_writes
from tariffs.models import Tariff, TariffElement

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
PASSWORD = "correct horse battery staple"


class ProviderFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Provider

    code = factory.Sequence(lambda n: f"P{n}")
    name = factory.Sequence(lambda n: f"Provider {n}")
    country_code = "NL"
    party_id = factory.Sequence(lambda n: f"X{n:02d}"[-3:])
    mfa_required_for = "nobody"


class UserGroupFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = UserGroup

    provider = factory.SubFactory(ProviderFactory)
    code = factory.Sequence(lambda n: f"UG{n}")
    name = factory.Sequence(lambda n: f"User group {n}")


class StaffMemberFactory(factory.django.DjangoModelFactory):
    """A login; ``role``, ``at`` (a provider) and ``user_group`` give it its one membership."""

    class Meta:
        model = StaffMember
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"login{n}@example.org")
    name = factory.Sequence(lambda n: f"Login {n}")
    password = factory.django.Password(PASSWORD)

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Any:
        role, at, user_group = (kwargs.pop(key, None) for key in ("role", "at", "user_group"))
        login = super()._create(model_class, *args, **kwargs)
        if role:
            provider = at or user_group.provider
            Membership.objects.create(staff_member=login, role=role, provider=provider, user_group=user_group)
        return login


class CustomerFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Customer

    user_group = factory.SubFactory(UserGroupFactory)
    provider = factory.SelfAttribute("user_group.provider")
    number = factory.Sequence(lambda n: f"{1000 + n}")
    name = factory.Sequence(lambda n: f"Customer {n}")
    email = factory.LazyAttribute(lambda customer: f"customer{customer.number}@example.org")


class ChargeCardFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ChargeCard

    customer = factory.SubFactory(CustomerFactory)
    provider = factory.SelfAttribute("customer.provider")
    uid = factory.Sequence(lambda n: f"04A1B2C3{n:06X}")
    visual_number = factory.Sequence(lambda n: f"NL-XXX-{n:06d}-X")
    status = ChargeCard.Status.ACTIVE


class TariffFactory(factory.django.DjangoModelFactory):
    """A tariff with one version: ``per_kwh`` EUR, or without a version where that is None."""

    class Meta:
        model = Tariff

    provider = factory.SubFactory(ProviderFactory)
    code = factory.Sequence(lambda n: f"T{n}")
    name = factory.Sequence(lambda n: f"Tariff {n}")

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Any:
        per_kwh = kwargs.pop("per_kwh", "0.35")
        valid_from, valid_until = kwargs.pop("valid_from", LONG_AGO), kwargs.pop("valid_until", None)
        tariff = super()._create(model_class, *args, **kwargs)
        if per_kwh is not None:
            price = Decimal(per_kwh)
            element = TariffElement(energy_price=price) if price else TariffElement(flat_price=price)
            tariff_writes.add_version(tariff, [element], valid_from=valid_from, valid_until=valid_until)
        return tariff


def reprice(tariff: Tariff, valid_from: Any = None, **columns: Any) -> Any:
    """A further version of the tariff with one element, in force from now on unless it is said."""
    numbers = {name: Decimal(value) for name, value in columns.items()}
    return tariff_writes.add_version(tariff, [TariffElement(**numbers)], valid_from=valid_from)


def by_night(tariff: Tariff, valid_from: Any = None) -> Any:
    """A further version: 0.40 by day and 0.20 from 23:00 to 07:00, 21 % VAT on both."""
    night = TariffElement(energy_price=Decimal("0.20"), energy_vat=21, start_time="23:00", end_time="07:00")
    day = TariffElement(energy_price=Decimal("0.40"), energy_vat=21)
    return tariff_writes.add_version(tariff, [night, day], valid_from=valid_from)


class ChargeGroupFactory(factory.django.DjangoModelFactory):
    """A charge group with its first terms; ``terms=None`` leaves it without any."""

    class Meta:
        model = ChargeGroup

    user_group = factory.SubFactory(UserGroupFactory)
    provider = factory.SelfAttribute("user_group.provider")
    code = factory.Sequence(lambda n: f"CG-{n:04d}")
    name = factory.Sequence(lambda n: f"Charge group {n}")

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Any:
        terms = kwargs.pop("terms", {})
        if terms is None:
            return super()._create(model_class, *args, **kwargs)
        group = model_class(*args, **kwargs)
        tariff = terms.pop("tariff", None) or TariffFactory(provider=group.provider)
        writes.create_group(group, tariff=tariff, valid_from=terms.pop("valid_from", LONG_AGO), **terms)
        return group


class TermsFactory(factory.django.DjangoModelFactory):
    """Later terms of a group, in force from ``valid_from``."""

    class Meta:
        model = Terms

    provider = factory.SelfAttribute("charge_group.provider")

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Any:
        with tariff_writes.allow_terms_write():
            return super()._create(model_class, *args, **kwargs)


class CustomerExceptionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = CustomerException

    provider = factory.SelfAttribute("charge_group.provider")
    access = CustomerException.Access.ALLOWED

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Any:
        with tariff_writes.allow_terms_write():
            return super()._create(model_class, *args, **kwargs)


class LocationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Location

    provider = factory.SubFactory(ProviderFactory)
    code = factory.Sequence(lambda n: f"L{n}")
    name = factory.Sequence(lambda n: f"Location {n}")
    address = factory.Sequence(lambda n: f"Street {n}")
    city = "Leusden"
    country = "NL"


class ChargePointFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ChargePoint

    charge_group = factory.SubFactory(ChargeGroupFactory)
    provider = factory.SelfAttribute("charge_group.provider")
    location = factory.SubFactory(LocationFactory, provider=factory.SelfAttribute("..provider"))
    identity = factory.Sequence(lambda n: f"NLXXXE{n:06d}")
    status = ChargePoint.Status.ACTIVE


class PartnerFactory(factory.django.DjangoModelFactory):
    """An e-MSP of which the provider knows; ``agreed=False`` leaves it without an agreement, ``tariff`` is that of the agreement."""

    class Meta:
        model = Partner

    provider = factory.SubFactory(ProviderFactory)
    country_code = "DE"
    party_id = factory.Sequence(lambda n: f"{chr(65 + n // 100 % 26)}{n % 100:02d}")
    name = factory.Sequence(lambda n: f"Partner {n}")

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Any:
        agreed, tariff = kwargs.pop("agreed", True), kwargs.pop("tariff", None)
        partner = super()._create(model_class, *args, **kwargs)
        if agreed:
            AgreementFactory(partner=partner, tariff=tariff)
        return partner


class AgreementFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Agreement

    provider = factory.SelfAttribute("partner.provider")
    valid_from = LONG_AGO


class PartnerTokenFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = PartnerToken

    partner = factory.SubFactory(PartnerFactory)
    provider = factory.SelfAttribute("partner.provider")
    uid = factory.Sequence(lambda n: f"0499FF{n:06X}")
    contract_id = factory.Sequence(lambda n: f"DE-XYZ-C{n:08d}")
    issuer = "An issuer"
    whitelist = PartnerToken.Whitelist.ALWAYS
    last_updated = LONG_AGO
