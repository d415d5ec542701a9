"""What the rounds came to, as a table: medians, ranges, and ratios to the plainest bot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median

from tests.benchmarks.contest import Result

BARE = "PTB echo"
OURS = "paceful"
MIB = 1024 * 1024
HEADS = (
    *("what", "answers/s", "range", "×", "CPU s / 1,000", "range", "×"),
    *("p50 ms", "p99 ms", "calls", "MiB", "server idle"),
)


class Rounds:
    """All results of one program."""

    def __init__(self, name: str, results: Sequence[Result]) -> None:
        self.name, self._results = name, results

    def middle(self, of: Callable[[Result], float]) -> float:
        """The median of a figure."""
        return median(map(of, self._results))

    def span(self, of: Callable[[Result], float], form: str) -> str:
        """The least and the most of a figure."""
        found = sorted(map(of, self._results))
        return f"{found[0]:{form}}–{found[-1]:{form}}"

    def row(self, bare: Rounds | None) -> list[str]:
        """The cells of its row; ratios only where there is something to compare with."""
        middle, rate, cpu = self.middle, self.middle(_rate), self.middle(_cpu)
        faster = f"{rate / bare.middle(_rate):.2f}" if bare else ""
        dearer = f"{cpu / bare.middle(_cpu):.2f}" if bare else ""
        return [
            *(self.name, f"{rate:,.0f}", self.span(_rate, ",.0f"), faster),
            *(f"{cpu:.2f}", self.span(_cpu, ".2f"), dearer),
            *(f"{middle(lambda it: it.median):,.0f}", f"{middle(lambda it: it.late):,.0f}"),
            *(f"{middle(lambda it: it.calls):.1f}", f"{middle(lambda it: it.most) / MIB:.0f}"),
            f"{middle(lambda it: it.idle):.0%}",
        ]


def by_name(results: Sequence[Result]) -> dict[str, Rounds]:
    """The results of each program, in the order in which they came first."""
    names = dict.fromkeys(each.name for each in results)
    return {name: Rounds(name, [it for it in results if it.name == name]) for name in names}


def table(results: Sequence[Result]) -> str:
    """Every program's row."""
    rounds = by_name(results)
    return lines(HEADS, [each.row(rounds.get(BARE)) for each in rounds.values()])


def lines(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    every = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in every)


def faults(results: Sequence[Result]) -> list[str]:
    """What makes a figure worthless: chats that were left alone, bubbles that nobody expected."""
    return [
        *(f"{it.name}: {it.strays} bubbles that no turn brings" for it in results if it.strays),
        *(f"{it.name}: nobody was answered" for it in results if not it.rate),
        *(f"{it.name}: the server was never idle" for it in results if it.idle < LEAST_IDLE),
    ]


LEAST_IDLE = 0.1


def _rate(result: Result) -> float:
    return result.rate


def _cpu(result: Result) -> float:
    return result.cpu
