"""Every mistake that a release holds, each with its file and line: what `paceful check` prints."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from bot import markup
from bot.content.checked import Checked
from bot.content.freshness import stale
from bot.content.grades import too_hard
from bot.content.library import Library, open_library
from bot.content.mistakes import ContentError, Mistake
from bot.content.personas import read_personas
from bot.content.side_by_side import side_by_side
from flows.program import Release
from flows.steps import Ask, Consent, Step, Write
from flows.walk import Finding, read_through, walk, walk_again
from flows.walk.names import texts_of
from flows.walk.wording import unkind

NOWHERE = Checked()
"""Where nothing is kept."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What a content folder was found to be: errors that stop it, and warnings."""

    errors: tuple[Mistake, ...]
    warnings: tuple[Mistake, ...]


def proofread(directory: Path) -> Proof:
    """The proof of a content folder; files that cannot be read are its only errors then."""
    try:
        library = open_library(directory)
    except ContentError as error:
        return Proof(error.mistakes, ())
    return _proof(library, [*walk(library.release), *misprints(library.release)])


def proofread_to_start(directory: Path) -> Proof:
    """The proof of what a service must not start without; `paceful check` plays all ways besides.

    Whoever restarts a service in the night should not wait while every conversation is played.
    """
    try:
        return _to_start(open_library(directory))
    except ContentError as error:
        return Proof(error.mistakes, ())


def proved_to_start(directory: Path) -> Release:
    """The release of a folder that a service may start with; ContentError if it may not."""
    library = open_library(directory)
    if errors := _to_start(library).errors:
        # what the checker refuses could leave someone in need without an answer
        raise ContentError(errors)
    return library.release


def proofread_for_release(
    directory: Path,
    today: date,
    only: Collection[str] | None = None,
    checked: Checked = NOWHERE,
) -> Proof:
    """The proof of content that is to go out: easy to read and lately verified besides.

    With `only`, just the flows are played in which one of these opens; with what was checked
    before, just those that changed. A service that runs is not stopped by these: a help line that
    nobody looked up for long is better than none.
    """
    try:
        library = open_library(directory)
    except ContentError as error:
        return Proof(error.mistakes, ())
    release = library.release
    walked = walk_again(release, checked.earlier(), side_by_side, only)
    if walked.anew:
        checked.keep(walked.earlier)
    read = [*misprints(release), *too_hard(release), *stale(release, today)]
    proof = _proof(library, [*walked.findings, *read])
    return replace(proof, errors=tuple(sorted({*proof.errors, *_misfits(directory, release)})))


def _proof(library: Library, found: list[Finding]) -> Proof:
    placed = {severity: _placed(library, found, severity) for severity in ("error", "warning")}
    return Proof(placed["error"], placed["warning"])


def _to_start(library: Library) -> Proof:
    return _proof(library, [*read_through(library.release), *misprints(library.release)])


def _misfits(directory: Path, release: Release) -> tuple[Mistake, ...]:
    """What is wrong with the people that authors saved."""
    try:
        read_personas(directory, release)
    except ContentError as error:
        return error.mistakes
    return ()


def misprints(release: Release) -> Iterator[Finding]:
    """Marks and characters that a chat cannot show, in every text of a release."""
    for flow, step, text in _texts(release):
        yield from (Finding(flow, step, mistake) for mistake in markup.mistakes(text))
    for name, text in release.messages.texts.items():
        yield from (Finding("messages", f"texts.{name}", found) for found in unkind(text))


def _texts(release: Release) -> Iterator[tuple[str, str, str]]:
    for flow in release.flows.values():
        yield flow.id, "title", flow.title
        for step in flow.steps:
            yield from ((flow.id, str(step.id), text) for text in (*texts_of(step), *_labels(step)))
    for name, measure in release.measures.items():
        yield f"measure/{name}", "about", measure.about
        for number, item in enumerate(measure.items, 1):
            yield f"measure/{name}", f"items.{number}", item.text
    yield from (("messages", f"texts.{name}", t) for name, t in release.messages.texts.items())
    yield from (("messages", f"labels.{name}", t) for name, t in release.messages.labels.items())


def _labels(step: Step) -> tuple[str, ...]:
    return tuple(step.choices.values()) if isinstance(step, Ask | Write | Consent) else ()


def _placed(library: Library, found: list[Finding], severity: str) -> tuple[Mistake, ...]:
    wanted = (finding for finding in found if finding.severity == severity)
    return tuple(sorted({_mistake(library, finding) for finding in wanted}))


def _mistake(library: Library, finding: Finding) -> Mistake:
    if not finding.flow:
        return Mistake("", 0, finding.text)
    file, line = library.where(finding.flow, finding.step)
    return Mistake(file, line, finding.text, finding.step)
