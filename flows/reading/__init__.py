"""What people mean by what they type: generous, and never more than they said."""

from flows.reading.choices import exact_choice, read_choice, read_command, read_country
from flows.reading.numbers import Reading, read_number
from flows.reading.times import read_days, read_time
from flows.reading.zones import read_zone

__all__ = [
    "Reading",
    "exact_choice",
    "read_choice",
    "read_command",
    "read_country",
    "read_days",
    "read_number",
    "read_time",
    "read_zone",
]
