"""A patient's data as one page to read or print: by itself, without scripts, with every number.

Whatever is text is escaped in `_text`, and nothing else makes HTML of a value.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

from bot import markup
from bot.service import charts
from bot.service.own_chart import drawing
from bot.service.wording import line
from flows import timing
from flows.measure import Measure
from flows.program import Release
from flows.state import Score
from flows.steps import Ask, Consent, Item, Question, Write
from flows.wording import UNKNOWN

Row = Mapping[str, Any]
Cells = Sequence[Any]

STYLE = """
:root{color-scheme:light}
body{margin:0 auto;max-width:46rem;padding:1rem;font:1rem/1.5 system-ui,sans-serif;color:#1c3340;
background:#fff}
h1{font-size:1.5rem;line-height:1.2}h2{font-size:1.2rem;margin:2rem 0 .5rem}h3{font-size:1rem}
table{border-collapse:collapse;width:100%;margin:.5rem 0}
th,td{text-align:left;vertical-align:top;padding:.3rem .75rem .3rem 0;
border-bottom:1px solid #d5e0e4;overflow-wrap:anywhere;white-space:pre-line}
th{color:#4a616b;font-weight:600}td:first-child,th:first-child{width:9.5rem}
nav ul{padding:0;list-style:none;columns:2}a{color:#17606d}
svg{display:block;width:100%;max-width:30rem;height:auto;font:11px system-ui,sans-serif}
.grid{stroke:#dde6e9}.axis{fill:#4a616b}.start{stroke:#5d747e;stroke-dasharray:2 4}
.course{fill:none;stroke:#1f7280;stroke-width:2.2}.dot{fill:#1f7280}.now{fill:#1c3340;font-size:15px}
@media print{body{max-width:none;padding:0}nav{display:none}svg,tr,h2,h3{break-inside:avoid}
h2,h3{break-after:avoid}}
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


@dataclass(frozen=True, slots=True)
class _Reader:
    """In whose words and by whose clock the page is written."""

    release: Release
    zone: str

    def say(self, name: str, /, **values: str) -> str:
        """The fixed text of that name."""
        return line(self.release, name, **values)

    def when(self, at: datetime | None) -> str:
        """The moment on the patient's own clock; nothing for none."""
        if at is None:
            return ""
        there = timing.local(at, self.zone)
        month = self.release.text("months").split()[there.month - 1]
        return f"{there.day} {month} {there.year}, {there:%H:%M}"


def own_page(release: Release, whole: Mapping[str, Any], scores: Sequence[Score]) -> str:
    """The page of what was gathered about one patient; `scores` are their scores in order."""
    reader = _Reader(release, str(whole["settings"].get("zone", "UTC")))
    sections = [*_sections(reader, whole, scores)]
    title = _text(reader.say("own-title"))
    links = "".join(f'<li><a href="#{name}">{heading}</a></li>' for name, heading, _ in sections)
    body = "".join(
        f'<section id="{name}"><h2>{heading}</h2>{inside}</section>'
        for name, heading, inside in sections
    )
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}</style>"
    )
    return (
        f'<!doctype html><html lang="{_text(release.program.language)}"><head>{head}</head><body>'
        f"<header><h1>{title}</h1>{_about(reader, whole)}</header>"
        f'<nav aria-label="{title}"><ul>{links}</ul></nav><main>{body}</main></body></html>\n'
    )


def _about(reader: _Reader, whole: Mapping[str, Any]) -> str:
    made, name = reader.when(whole["made_at"]), str(whole["pseudonym"])
    said = (
        reader.say("own-about", when=made, name=name),
        reader.say("own-kept", keeps=str(whole["kept_for"])),
        reader.say("own-others"),
    )
    return "".join(f"<p>{_text(words)}</p>" for words in said)


def _sections(
    reader: _Reader, whole: Mapping[str, Any], scores: Sequence[Score]
) -> Iterator[tuple[str, str, str]]:
    """Each part of the page: its name, its heading, and what stands in it."""
    yield "scores", _text(reader.say("own-scores")), _scores(reader, scores)
    for name, heads, cells in _TABLES:
        rows = [cells(reader, row) for row in _rows_of(whole[name])]
        yield name, _text(reader.say(f"own-{name}")), _table(reader, heads, rows)


def _rows_of(found: Any) -> Iterable[Row]:
    """The rows of a part; settings are names and values."""
    if isinstance(found, Mapping):
        return [{"key": name, "value": value} for name, value in found.items()]
    return list(found)


def _scores(reader: _Reader, scores: Sequence[Score]) -> str:
    known = reader.release.measures
    asked = list(dict.fromkeys(score.measure for score in scores))
    parts = [_measure(reader, name, [s for s in scores if s.measure == name]) for name in asked]
    return "".join(parts) if any(name in known for name in asked) else _nothing(reader)


def _measure(reader: _Reader, name: str, scores: Sequence[Score]) -> str:
    """A measure's course as a drawing with its words, and every score in a table."""
    measure = reader.release.measures.get(name)
    if measure is None:
        return ""
    figure = charts.figure(measure, scores, reader.zone)
    drawn = _drawn(reader, measure, figure) if figure else ""
    rows = [(reader.when(score.at), charts.number_of(score.total)) for score in scores]
    title, heads = _text(measure.title), ("own-when", "own-score")
    return f"<h3>{title}</h3>{drawn}{_table(reader, heads, rows, measure.title)}"


def _drawn(reader: _Reader, measure: Measure, figure: charts.Figure) -> str:
    low, high = (charts.number_of(end) for end in measure.range)
    count, first, last = str(len(figure.dots)), figure.dots[0].score, figure.dots[-1].score
    given = {"low": low, "high": high, "count": count, "first": first, "last": last}
    words = reader.say("own-chart", title=measure.title, **given)
    return drawing(figure, _text(words), _text(reader.say(f"better-{measure.better}")))


def _table(reader: _Reader, heads: Sequence[str], rows: Sequence[Cells], caption: str = "") -> str:
    if not rows:
        return _nothing(reader)
    head = "".join(f'<th scope="col">{_text(reader.say(name))}</th>' for name in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in cells) + "</tr>" for cells in rows
    )
    named = f' aria-label="{_text(caption)}"' if caption else ""
    return f"<table{named}><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _nothing(reader: _Reader) -> str:
    return f"<p>{_text(reader.say('own-none'))}</p>"


def _text(value: object) -> str:
    """The only way of a value into the page."""
    return escape("" if value is None else str(value), quote=True)


def _answer(reader: _Reader, row: Row) -> Cells:
    """An answer as the patient gave it: the question, and the words of what was chosen."""
    question = _question(reader.release, row["flow"], row["step"])
    choices = question.choices if isinstance(question, Ask | Consent | Item | Write) else {}
    unfilled: Mapping[str, str] = defaultdict(lambda: UNKNOWN)
    asked = markup.plain(question.text.strip(), unfilled) if question else str(row["key"])
    value = choices.get(str(row["value"]), row["value"])
    return reader.when(row["at"]), asked, value


def _question(release: Release, flow: str, step: str) -> Question | None:
    """The question as it is now; None if there is none any more."""
    known = release.all_flows.get(flow)
    found = known.step(step) if known is not None and step in known.names else None
    return found if isinstance(found, Question) else None


def _finished(reader: _Reader, row: Row) -> Cells:
    flow = reader.release.all_flows.get(row["flow"])
    return reader.when(row["at"]), flow.title if flow else row["flow"]


def _consent(reader: _Reader, row: Row) -> Cells:
    decided = reader.say("own-agreed" if row["agreed"] else "own-declined")
    return reader.when(row["at"]), f"{row['version']} ({row['text_hash'][:12]})", decided


def _message(reader: _Reader, row: Row) -> Cells:
    is_mine = row["from"] == "me"
    who = reader.say("own-me") if is_mine else row["from"]
    return reader.when(row["at"]), who, row.get("text") or reader.say("own-not-here")


def _done(reader: _Reader, row: Row) -> Cells:
    """What they did: their words, what they tapped, or what they sent."""
    told = [row.get(name) for name in ("text", "choice", "what", "caption", "payload")]
    return reader.when(row["at"]), " ".join(str(each) for each in told if each) or row["kind"]


_TABLES: tuple[tuple[str, tuple[str, ...], Callable[[_Reader, Row], Cells]], ...] = (
    ("answers", ("own-when", "own-what", "own-value"), _answer),
    (
        "cards",
        ("own-when", "own-what"),
        lambda reader, row: (reader.when(row["at"]), row["text"]),
    ),
    ("lessons", ("own-when", "own-what"), _finished),
    ("settings", ("own-what", "own-value"), lambda _, row: (row["key"], row["value"])),
    ("consents", ("own-when", "own-what", "own-state"), _consent),
    ("messages", ("own-when", "own-who", "own-what"), _message),
    (
        "notes",
        ("own-when", "own-who", "own-what"),
        lambda reader, row: (reader.when(row["at"]), row["from"], reader.say("own-not-here")),
    ),
    (
        "alerts",
        ("own-when", "own-what", "own-state"),
        lambda reader, row: (reader.when(row["raised_at"]), row["rule"], row["state"]),
    ),
    (
        "calls",
        ("own-when", "own-who", "own-state"),
        lambda reader, row: (
            reader.when(row["at"] or row["offered_at"]),
            row["with"],
            row["state"],
        ),
    ),
    (
        "offers",
        ("own-when", "own-who", "own-what", "own-state"),
        lambda reader, row: (reader.when(row["at"]), row["from"], row["kind"], row["state"]),
    ),
    (
        "nudges",
        ("own-when", "own-what", "own-state"),
        lambda reader, row: (reader.when(row["due_at"]), row["key"], row["state"]),
    ),
    ("history", ("own-when", "own-what"), _done),
)
"""Each part of the page after the scores: its name, its columns, and a row's cells."""
