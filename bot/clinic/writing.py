"""How a page is written: its template filled, everything in it escaped."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from bot.clinic.times import Times, span
from bot.store.people import Clinician

HERE = Path(__file__).parent
_CSRF = Markup('<input type="hidden" name="csrf" value="{}">')

TEMPLATES = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES.filters["long"] = span
_FIRST = ("today.html", "patients.html", "macros.html", "charts.html")


def page_of(
    template: str,
    values: Mapping[str, Any],
    *,
    status: int = 200,
    clinician: Clinician | None = None,
    csrf: str = "",
    path: str = "",
    here: str = "",
    times: Times | None = None,
) -> Response:
    """The page as HTML: what every template can rely on, and what this one was given."""
    around: dict[str, Any] = {
        "me": clinician,
        "is_lead": clinician is not None and clinician.role == "lead",
        "csrf_field": _CSRF.format(csrf),
        "path": path,
        "here": here,
        "said": "",
    }
    if times is not None:
        clocks = {"when": times.when, "age": times.age, "left": times.left}
        around |= {**clocks, "now": times.now, "zone_name": times.zone_name}
    text = TEMPLATES.get_template(template).render({**around, **values})
    return HTMLResponse(text, status_code=status)


def make_ready() -> None:
    """What somebody sees first is ready to be written: to read a template takes a while."""
    for name in _FIRST:
        TEMPLATES.get_template(name)
