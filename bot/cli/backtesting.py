"""`paceful backtest`: what a changed file of rules would ask of the team, before it is used."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.content.cohorts import read_cohort, read_outcomes
from bot.content.reading import read
from bot.content.rulefile import read_rules
from bot.settings import load
from flows import backtest as testing
from flows.backtest import Accuracy, Alert, Filled, Load, Share
from flows.program import Escalation, Release

SIMULATED = "simulated"
SEED = 1
PATIENTS, WEEKS = 200, 12
SHOWN = 8

Readable = typer.Option(exists=True, dir_okay=False)


def add_to(app: typer.Typer) -> None:
    """Give this command to the program."""
    app.command()(backtest)


@dataclass(frozen=True, slots=True)
class Tested:
    """One file of rules played over a cohort, beside the rules that are in use."""

    filled: Sequence[Filled]
    weeks: int
    rules: Sequence[Load]
    tiers: Sequence[Load]
    before: Sequence[Load]
    gained: Mapping[str, frozenset[str]]
    lost: Mapping[str, frozenset[str]]
    accuracies: Sequence[Accuracy]
    silent: Sequence[str]

    @property
    def patients(self) -> int:
        """How many patients have a score."""
        return len({each.patient for each in self.filled})


def backtest(
    rules: Annotated[Path, typer.Argument(help="The changed file of rules.", metavar="RULES.yaml")],
    cohort: Annotated[
        str, typer.Option(help="A CSV file of scores, or `simulated`.", metavar="FILE")
    ] = SIMULATED,
    outcomes: Annotated[
        Path | None, typer.Option(help="A CSV file that says who had the outcome.")
    ] = None,
    against: Annotated[
        Path | None, typer.Option(help="The rules to compare with, if not those in use.")
    ] = None,
    clinicians: Annotated[int, typer.Option(min=1, help="How many share the alerts.")] = 1,
    content: Annotated[
        Path | None, typer.Option("--content", help="The content folder.", file_okay=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON object.")] = False,
) -> None:
    """Play scores through changed rules: alerts a week, and who gains or loses one."""
    release = read(content or load().content_dir)
    changed = read_rules(rules, release)
    present = read_rules(against, release) if against else release.escalation
    filled, known = _cohort(cohort, release)
    labels = read_outcomes(outcomes) if outcomes else known
    tested = _tested(release, changed, present, filled, labels, clinicians)
    print(_as_json(tested) if as_json else "\n".join(_in_words(tested, cohort, clinicians)))


def _cohort(name: str, release: Release) -> tuple[list[Filled], dict[str, bool]]:
    if name == SIMULATED:
        from bot.simulation.cohort import cohort as simulated_cohort

        return simulated_cohort(release, PATIENTS, WEEKS, SEED)
    return read_cohort(Path(name), release.measures), {}


def _tested(
    release: Release,
    changed: Escalation,
    present: Escalation,
    filled: Sequence[Filled],
    labels: Mapping[str, bool],
    clinicians: int,
) -> Tested:
    after = testing.replay(changed, release.measures, filled)
    before = testing.replay(present, release.measures, filled)
    gained, lost = _moved(before, after), _moved(after, before)
    first, weeks = testing.span(filled)
    return Tested(
        filled=filled,
        weeks=weeks,
        rules=testing.by_rule(after, weeks, first, clinicians),
        tiers=testing.by_tier(after, weeks, first, clinicians),
        before=testing.by_tier(before, weeks, first, clinicians),
        gained=gained,
        lost=lost,
        accuracies=testing.accuracies(after, labels) if labels else (),
        silent=[rule.rule for rule in changed.rules if rule.measure is None],
    )


def _moved(earlier: Sequence[Alert], later: Sequence[Alert]) -> dict[str, frozenset[str]]:
    """By rule, the patients who have an alert later and had none earlier."""
    had, has = testing.patients_by_rule(earlier), testing.patients_by_rule(later)
    moved = {rule: patients - had.get(rule, frozenset()) for rule, patients in has.items()}
    return {rule: patients for rule, patients in sorted(moved.items()) if patients}


def _in_words(tested: Tested, cohort: str, clinicians: int) -> Iterator[str]:
    yield (
        f"{tested.patients} patients, {len(tested.filled)} scores, {tested.weeks} weeks"
        f" ({Path(cohort).name}); rates are for each of {clinicians} clinicians and week"
    )
    yield from ("", _HEAD, *map(_load, tested.tiers), "", *map(_load, tested.rules))
    was = tested.before[-1]
    yield f"\nwith the rules to compare with: {was.alerts} alerts, {was.a_week:.2f} a week"
    yield from _changes("gain", tested.gained)
    yield from _changes("lose", tested.lost)
    if tested.accuracies:
        yield from ("", _TELLS, *map(_accuracy, tested.accuracies))
    yield f"\nNot played, for they need no score: {', '.join(tested.silent)}."


_HEAD = f"{'':<22}{'alerts':>8}{'patients':>10}{'a week':>9}{'worst week':>12}"
_TELLS = f"{'points to outcome':<22}{'sensitivity':>22}{'specificity':>22}{'predictive value':>22}"


def _load(load: Load) -> str:
    rates = f"{load.a_week:>9.2f}{load.worst_each:>12.2f}"
    return f"{load.name:<22}{load.alerts:>8}{load.patients:>10}{rates}"


def _changes(verb: str, moved: Mapping[str, frozenset[str]]) -> Iterator[str]:
    if not moved:
        yield f"nobody would {verb} an alert"
    for rule, patients in moved.items():
        named = sorted(patients)
        more = f" and {len(named) - SHOWN} more" if len(named) > SHOWN else ""
        yield f"{len(named)} {verb} an alert of {rule}: {', '.join(named[:SHOWN])}{more}"


def _accuracy(found: Accuracy) -> str:
    shares = (found.sensitivity, found.specificity, found.predictive)
    return f"{found.name:<22}" + "".join(f"{_share(share):>22}" for share in shares)


def _share(share: Share) -> str:
    if share.part is None:
        return "nobody"
    return f"{share.part:.2f} ({share.low:.2f}–{share.high:.2f})"


def _as_json(tested: Tested) -> str:
    found: dict[str, Any] = {
        "patients": tested.patients,
        "scores": len(tested.filled),
        "weeks": tested.weeks,
        "rules": [asdict(load) for load in tested.rules],
        "tiers": [asdict(load) for load in tested.tiers],
        "before": [asdict(load) for load in tested.before],
        "gained": {rule: sorted(patients) for rule, patients in tested.gained.items()},
        "lost": {rule: sorted(patients) for rule, patients in tested.lost.items()},
        "accuracy": [asdict(each) for each in tested.accuracies],
        "not_played": list(tested.silent),
    }
    return json.dumps(found, indent=2)
