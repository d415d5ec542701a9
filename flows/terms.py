"""What a patient agrees to: the version and the words of the flow that asks for the agreement."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from flows.placeholders import names_in
from flows.steps import Consent, Flow, Step


@dataclass(frozen=True, slots=True)
class Terms:
    """The flow that asks, the version that it names, and every text up to its question."""

    flow: str
    version: str
    texts: tuple[str, ...]


def terms_of(flows: Iterable[Flow]) -> Terms | None:
    """The terms of the first of these flows that asks for an agreement, or None."""
    for flow in flows:
        question = next((step for step in flow.steps if isinstance(step, Consent)), None)
        if question is not None:
            texts = (text.strip() for step in _upto(flow, question) for text in _words(step))
            return Terms(flow.id, question.consent, tuple(texts))
    return None


@lru_cache(maxsize=64)
def fingerprint(terms: Terms, keeps: str) -> str:
    """A hash of the terms; for how long records are kept counts where the words name it."""
    is_named = any("keeps" in names_in(text) for text in terms.texts)
    whole = "\n\n".join((terms.version, keeps if is_named else "", *terms.texts))
    return hashlib.sha256(whole.encode()).hexdigest()


def _upto(flow: Flow, question: Consent) -> Iterator[Step]:
    for step in flow.steps:
        yield step
        if step is question:
            return


def _words(step: Step) -> Iterator[str]:
    yield from (text for name in ("say", "text") if (text := getattr(step, name, "")))
