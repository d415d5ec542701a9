"""How the doctor says what is kept for how long, since when, and when what was over went."""

from __future__ import annotations

from bot.service import retiring
from bot.service.retiring import Standing
from bot.service.site import Site
from bot.store.unit import Unit


def kept_lines(unit: Unit, site: Site) -> tuple[list[str], bool]:
    """A line for the last run and one for each class of data, and whether nothing is too old."""
    standing = retiring.standing(unit, site)
    is_late = retiring.late_by(unit, site) > retiring.STALE
    lines = [_last_run(unit, is_late=is_late), *(_kept(each) for each in standing)]
    return lines, not is_late and not any(each.is_late for each in standing)


def _last_run(unit: Unit, *, is_late: bool) -> str:
    last = retiring.last_run(unit).finished_at
    words = f"last removed what was over its time on {last:%Y-%m-%d %H:%M} UTC" if last else ""
    late = ", which is too long ago: does the service run?" if is_late else ""
    return f"retention: {words or 'nothing was ever looked through'}{late}"


def _kept(each: Standing) -> str:
    oldest = f"oldest {each.oldest:%Y-%m-%d}" if each.oldest else "nothing there"
    late = ", which is TOO OLD" if each.is_late else ""
    return (
        f"{each.data}: kept {each.kept} from when {each.since}; {oldest}{late}; "
        f"{each.removed} removed last; {each.basis}"
    )
