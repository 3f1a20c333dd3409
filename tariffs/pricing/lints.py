"""What is odd about a tariff?"""

from collections.abc import Mapping
from decimal import Decimal

from .finding import Finding
from .price_lints import against_afir, dear, finely_priced, free_for_everyone
from .tariff import Dimension, Tariff
from .window_lints import minute_gaps, never_met, never_reached, overlapping_windows, without_fallback


def findings(
    tariff: Tariff,
    *,
    outside_home: bool = False,
    max_power_kw: Decimal | None = None,
    ad_hoc: bool = False,
    medians: Mapping[Dimension, Decimal] | None = None,
    for_everyone: bool = False,
) -> tuple[Finding, ...]:
    """All findings about a tariff.

    `outside_home`: a group uses it that is not of type Home. `max_power_kw`: of the strongest charge point where it
    is used; `ad_hoc`: whoever comes pays it. `medians`: the provider's median price excluding VAT for a dimension.
    `for_everyone`: it is the group's own tariff, not that of a few.
    """
    return (
        *never_met(tariff),
        *never_reached(tariff),
        *without_fallback(tariff),
        *minute_gaps(tariff),
        *overlapping_windows(tariff),
        *(finely_priced(tariff) if outside_home else ()),
        *(against_afir(tariff, max_power_kw) if ad_hoc and max_power_kw is not None else ()),
        *(dear(tariff, medians) if medians else ()),
        *(free_for_everyone(tariff) if for_everyone else ()),
    )
