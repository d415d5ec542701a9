"""The documentation names everything there is, nothing that is not, and leads nowhere in vain."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import typer
from markdown_it import MarkdownIt
from markdown_it.token import Token
from pydantic import SecretStr
from typer.core import TyperGroup

from bot.app import open_store, site_for
from bot.cli import program
from bot.content.reading import read
from bot.keys import new_key
from bot.service.health import Pulse, health
from bot.settings import Hours, Settings, setting_names
from bot.settings.retention import TABLE, Keeping, LawfulBasis, Retention
from flows.program import Release
from flows.steps import KINDS

ROOT = Path(__file__).parents[1]
AUTHORS, OPERATORS = ROOT / "content/README.md", ROOT / "docs/operators.md"
README, CLINICIANS = ROOT / "README.md", ROOT / "docs/clinicians.md"

# a page may name them in part, as `safety/crisis`: only whole paths are looked up
OUR_PATH = re.compile(
    r"(?:bot|flows|content|tests|docs|deploy|\.ci)/[\w./*-]*|[\w.]+\.(?:toml|lock)"
)
# written so that they do not find themselves
FOREIGN = re.compile(
    r"pypi[.]org|files[.]pythonhosted[.]org|registry[.]npmjs[.]org|deb[.]debian[.]org"
    r"|/root[/]|/work[/]"
)
UNITS = {"days": 24 * 60, "hours": 60, "minutes": 1}


@cache
def release() -> Release:
    """The content that patients meet."""
    return read(ROOT / "content")


def tracked() -> list[Path]:
    """Every file of the project that is in git, or would be."""
    listed = subprocess.run(
        # a clone may belong to somebody else, as it does in a container
        ["git", "-c", "safe.directory=*", "ls-files", "-co", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    files = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [file for file in files if file.is_file()]


def pages() -> list[Path]:
    """Every page of documentation."""
    return [file for file in tracked() if file.suffix == ".md"]


def parts(page: Path) -> Iterator[Token]:
    """What a page is made of, the parts inside a line too."""
    for token in MarkdownIt().parse(page.read_text(encoding="utf-8")):
        yield token
        yield from token.children or ()


def anchors(page: Path) -> set[str]:
    """The names under which a page's headings can be linked to."""
    tokens = list(parts(page))
    headings = [
        tokens[place + 1].content
        for place, token in enumerate(tokens)
        if token.type == "heading_open"
    ]
    return {re.sub(r"[^\w -]", "", words.lower()).replace(" ", "-") for words in headings}


def dead_links(page: Path) -> list[str]:
    """The links and pictures of a page whose file or heading is not there."""
    targets = [str(token.attrGet("href") or token.attrGet("src") or "") for token in parts(page)]
    return [target for target in targets if target and not _leads_somewhere(page, target)]


def _leads_somewhere(page: Path, target: str) -> bool:
    link = urlsplit(target)
    if link.scheme:
        return True
    file = page.parent / link.path if link.path else page
    return file.exists() and (not link.fragment or link.fragment in anchors(file))


def code(page: Path) -> list[str]:
    """What a page shows as code, in its lines and between them."""
    kinds = {"code_inline", "fence", "code_block"}
    return [token.content for token in parts(page) if token.type in kinds]


def lost_paths(page: Path) -> list[str]:
    """The paths that a page names in full and that lead to no file."""
    named = [re.sub(r":\d+$", "", words) for words in code(page)]
    paths = [path for path in named if OUR_PATH.fullmatch(path)]
    return [path for path in paths if not any(ROOT.glob(path.rstrip("/")))]


def commands(group: TyperGroup, name: str = "paceful") -> Iterator[str]:
    """Every command under this one, in full."""
    for word, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from commands(command, f"{name} {word}")
        else:
            yield f"{name} {word}"


def every_command() -> list[str]:
    """Every `paceful` command, as it is typed."""
    group = typer.main.get_command(program())
    assert isinstance(group, TyperGroup)
    return list(commands(group))


def chat_commands() -> set[str]:
    """Every command that Telegram lists, or that a text of the bot speaks of."""
    messages = release().messages
    spoken = re.findall(r"(?<![\w/])/([a-z]+)\b", "\n".join(messages.texts.values()))
    return {*messages.commands, *spoken}


def row(page: Path, name: str) -> list[str]:
    """The other cells of the row whose first cell is that name; empty without one."""
    lines = page.read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines]
    return next((cells[1:] for cells in rows if cells[0] == name), [])


def default_of(setting: str) -> str:
    """A setting's default as the table shows it."""
    match Settings.model_fields[setting.lower()].default:
        case None:
            return "none"
        case Hours(words=words):
            return f"`{words}`"
        case Retention() | LawfulBasis():
            return "[below](#how-long-things-are-kept)"
        case Path() as path if path.is_absolute():
            return "the one beside `bot/`" if path == ROOT / "content" else str(path)
        case other:
            return f"`{other}`"


def in_words(minutes: int) -> str:
    """A time as a person says it, in the largest unit that fits."""
    # one day is said as 24 hours
    fits = (pair for pair in UNITS.items() if minutes % pair[1] == 0 and minutes != pair[1])
    unit, size = next(fits, ("minutes", 1))
    return f"{minutes // size} {unit}"


@pytest.mark.parametrize("setting", setting_names())
def test_every_setting_is_explained_with_its_default(setting: str) -> None:
    """The operator's table has a row for each setting, and its default is the true one."""
    cells = row(OPERATORS, f"`{setting}`")

    assert cells, f"{setting} has no row"
    assert cells[-1].startswith(default_of(setting))


@pytest.mark.parametrize(("name", "keeping"), TABLE.items())
def test_the_operators_table_says_how_long_each_class_is_kept_and_why(
    name: str, keeping: Keeping
) -> None:
    """What the institution's lawyers read is what the service does."""
    told = [keeping.holds, keeping.usual.words, keeping.since, keeping.basis]

    assert row(OPERATORS, f"`{name}`") == told


def test_the_example_file_holds_every_setting_and_no_other() -> None:
    """`.env.example` lists just the settings there are."""
    example = (ROOT / ".env.example").read_text(encoding="utf-8")

    assert sorted(re.findall(r"^([A-Z_]+)=", example, re.M)) == sorted(setting_names())


@pytest.mark.parametrize("command", every_command())
def test_every_command_is_explained(command: str) -> None:
    """Whoever runs or writes the program finds each command."""
    known = "\n".join(page.read_text(encoding="utf-8") for page in (OPERATORS, AUTHORS))

    assert re.search(rf"`{command}\b", known)


def test_no_command_is_invented() -> None:
    """A page that shows a `paceful` command shows one that can be typed."""
    real = {tuple(command.split()[1:]) for command in every_command()}
    shown = [
        (page.name, words)
        for page in pages()
        for text in code(page)
        for words in re.findall(r"\bpaceful ([a-z]+)(?: ([a-z]+))?", text)
    ]

    assert shown
    assert [each for each in shown if not {each[1], each[1][:1]} & real] == []


def test_no_make_target_is_invented() -> None:
    """A page that shows `make something` shows a target of the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.M))
    shown = {
        word
        for page in pages()
        for text in code(page)
        for word in re.findall(r"^make ([a-z-]+)", text, re.M)
    }

    assert {"run", "test"} <= shown <= targets


@pytest.mark.parametrize("command", sorted(chat_commands()))
def test_every_command_in_the_chat_is_explained(command: str) -> None:
    """Patients and clinicians find each command of the chat."""
    known = "\n".join(page.read_text(encoding="utf-8") for page in (README, CLINICIANS))

    assert f"`/{command}`" in known


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_step_is_explained(kind: str) -> None:
    """An author finds each kind of step in the table."""
    assert f"\n| `{kind}:" in AUTHORS.read_text(encoding="utf-8")


def test_the_clocks_that_clinicians_read_are_those_that_run() -> None:
    """The table of tiers says what escalation.yaml says."""
    for tier in release().escalation.tiers.values():
        clocks = tier.remind_minutes, tier.act_minutes, tier.close_minutes
        digest = "yes" if tier.digest else "no"
        assert row(CLINICIANS, tier.title) == [*map(in_words, clocks), digest]


def test_every_field_of_the_health_page_is_explained(tmp_path: Path) -> None:
    """An operator finds each word that /healthz says."""
    settings = Settings(
        data_dir=tmp_path,
        database_url=SecretStr(f"sqlite:///{tmp_path / 'paceful.sqlite3'}"),
        secret_keys=SecretStr(new_key()),
    )
    store = open_store(settings)
    fields = store.read_now(health, site_for(settings), Pulse())
    store.close()

    assert [name for name in fields if not row(OPERATORS, f"`{name}`")] == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    """The file, the picture or the heading that is linked to is there."""
    assert dead_links(page) == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_path_that_is_named_exists(page: Path) -> None:
    """A file that a page speaks of can be opened."""
    assert lost_paths(page) == []


def test_a_page_that_misleads_is_found_out(tmp_path: Path) -> None:
    """Links to a missing file, picture or heading are seen, and so is a path of no file."""
    page = tmp_path / "page.md"
    page.write_text(
        "# One `two`, three\n"
        "[a](page.md#one-two-three) [b](#four) [c](gone.md) ![d](gone.png) [e](https://example.org)\n"
        "`bot/cli/` `bot/gone.py` `flows/*.py:7` `gone.toml` `safety/crisis`\n",
        encoding="utf-8",
    )

    assert dead_links(page) == ["#four", "gone.md", "gone.png"]
    assert lost_paths(page) == ["bot/gone.py", "gone.toml"]


def test_no_file_names_a_registry_or_somebodys_machine() -> None:
    """Whoever clones the project gets no host and no folder of those who made it."""
    texts = {file: file.read_text(encoding="utf-8", errors="ignore") for file in tracked()}

    assert texts
    assert [str(file) for file, text in texts.items() if FOREIGN.search(text)] == []
