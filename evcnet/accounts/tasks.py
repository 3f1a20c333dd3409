"""Jobs of signing in: what no limit looks at any more is removed."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from evcnet.accounts.attempts import LONGEST_WINDOW
from evcnet.accounts.models import FailedAttempt, UsedCode


@app.periodic(cron="*/10 * * * *")
@app.task(name="remove_old_attempts")
def remove_old_attempts(timestamp: int) -> None:
    """Every ten minutes: attempts and used codes that are older than any limit counts, or any code holds."""
    before = timezone.now() - LONGEST_WINDOW
    FailedAttempt.objects.filter(at__lte=before).delete()
    UsedCode.objects.filter(used_at__lte=before).delete()
