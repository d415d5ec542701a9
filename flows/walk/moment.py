"""The moment at which the checker plays: one day, as nothing that it proves hangs on the date."""

from datetime import UTC, datetime, timedelta

NOW = datetime(2026, 1, 7, 12, tzinfo=UTC)
"""A Wednesday at noon."""

LONG_AGO = NOW - timedelta(days=30)
"""When what a patient did before was done."""

TURN = 990_000
"""A turn so late that the data of its buttons is as long as it can become."""
