"""What each feed of a provider said: which tariffs it named, and which of their versions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from customers.models import Provider
from tariffs.models import FeedTariff, Tariff, TariffVersion

BATCH = 1_000
_Link = FeedTariff.versions.through


class TariffFeed:
    """One feed of a provider, and what the others said beside it."""

    def __init__(self, provider: Provider, name: str) -> None:
        self.provider, self.name = provider, name
        self.rows: dict[int, FeedTariff] = {}
        self.others: dict[int, str] = {}
        """Tariffs, by id, that other feeds named, with the name of one."""
        self.versions: set[int] = set()
        self.versions_of_others: dict[int, str] = {}
        named = {row.pk: row for row in FeedTariff.objects.filter(provider=provider)}
        for row in named.values():
            if row.feed == name:
                self.rows[row.tariff_id] = row
            else:
                self.others[row.tariff_id] = row.feed
        for pk, version in _Link.objects.filter(feedtariff__provider=provider).values_list(
            "feedtariff_id", "tariffversion_id"
        ):
            if named[pk].feed == name:
                self.versions.add(version)
            else:
                self.versions_of_others[version] = named[pk].feed

    @property
    def only_mine(self) -> set[int]:
        """Versions, by id, that this feed said and no other."""
        return self.versions - self.versions_of_others.keys()

    def remember(self, pairs: Iterable[tuple[Tariff, Sequence[TariffVersion]]]) -> None:
        """Keep that the feed named these tariffs, and said these versions of them."""
        versions: dict[int, Sequence[TariffVersion]] = defaultdict(list)
        for tariff, rows in pairs:
            versions[tariff.pk] = rows
        new = [pk for pk in versions if pk not in self.rows]
        new_rows = [FeedTariff(provider=self.provider, feed=self.name, tariff_id=pk) for pk in new]
        for row in FeedTariff.objects.bulk_create(new_rows, batch_size=BATCH):
            self.rows[row.tariff_id] = row
        links = [
            _Link(feedtariff_id=self.rows[pk].pk, tariffversion_id=version.pk)
            for pk, rows in versions.items()
            for version in rows
            if version.pk not in self.versions
        ]
        _Link.objects.bulk_create(links, batch_size=BATCH)

    def forget_versions(self, versions: Iterable[int]) -> None:
        """These, by id, are what the feed says no longer, while another does."""
        gone = [pk for pk in versions if pk in self.versions]
        if gone:
            _Link.objects.filter(feedtariff__in=self.rows.values(), tariffversion__in=gone).delete()

    def forget(self, tariffs: Iterable[Tariff]) -> None:
        """These are what the feed names no longer."""
        FeedTariff.objects.filter(feed=self.name, tariff__in=list(tariffs)).delete()
