"""Jobs of charge groups: the folding of the ledgers of counts."""

from __future__ import annotations

from procrastinate.contrib.django import app

from chargegroups.counts import fold_ledgers


@app.periodic(cron="*/5 * * * *")
@app.task(name="fold_counts")
def fold_counts(timestamp: int) -> None:
    """Every five minutes, so that a total is the sum of few rows also after many changes."""
    fold_ledgers()
