"""Real databases for every test: an SQLite file, and a PostgreSQL that the tests start."""

import gc
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings

from bot.content import library, yaml
from bot.keys import Vault, new_key
from bot.store.migrate import migrate
from bot.store.store import Store
from tests.thorough import PROFILE

NO_POSTGRES = "PostgreSQL is not installed: on Debian, apt-get install postgresql"
NUMBERS = count(1)
SESSIONS = "SELECT pid FROM pg_stat_activity WHERE datname = %s"
POSTGRESQL = "postgresql"
LONGEST_FIRST = {
    name: n for n, name in enumerate(["faults", "life", "soak", "red_team", "journeys", "browser"])
}

# the same file is read by many tests, and nobody changes what a document holds
vars(library)["parse"] = cache(yaml.parse)
settings.register_profile(PROFILE, settings.get_profile("default"))
IN_MEMORY = Path("/dev/shm")
ENOUGH = 4 * 2**30


def pytest_configure(config: pytest.Config) -> None:
    """What tests write is kept in memory where there is room: it need not outlive a power cut."""
    if IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free > ENOUGH:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(IN_MEMORY))


def pytest_collection_finish(session: pytest.Session) -> None:
    """What was imported stays to the end: nobody looks through it for garbage again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let whoever runs the tests say on which kind of database the stories are told."""
    kinds = ["sqlite", POSTGRESQL]
    parser.addoption("--database", choices=kinds, default="sqlite", help="for stories on one kind")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Stories of real processes come first: they mostly wait, and the rest fills the cores."""
    items.sort(key=lambda item: LONGEST_FIRST.get(item.path.parent.name, len(LONGEST_FIRST)))


@dataclass
class Server:
    """A PostgreSQL of the tests' own, reached by a socket in its folder."""

    folder: Path
    programs: Path
    durable: bool = False
    """Whether it waits for the disk, as one does that must survive a power cut."""
    process: "subprocess.Popen[bytes] | None" = None

    def url(self, name: str) -> str:
        """The address of one of its databases."""
        return f"postgresql://paceful@/{name}?host={self.folder}"

    def create(self, template: str = "template1") -> str:
        """The address of a new database, a copy of the template."""
        name = f"test_{next(NUMBERS)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        return self.url(name)

    def drop(self, url: str) -> None:
        """Nothing is left of a database, or all of it where a bot still runs on it."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            # a thousand of them would fill a disk
            if not connection.execute(SESSIONS, [name_in(url)]).fetchall():
                connection.execute(f"DROP DATABASE {name_in(url)}".encode())

    def starts(self) -> None:
        """Start it, and wait until it answers."""
        self.process = _serve(self.programs, self.folder, () if self.durable else ("-F",))
        _wait_for(self)

    def stops(self, how: signal.Signals) -> None:
        """Stop it: SIGINT ends every session, SIGQUIT leaves it as a power cut would."""
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait()


def name_in(url: str) -> str:
    """The name of the PostgreSQL database at that address."""
    return url.split("/")[3].split("?")[0]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A running PostgreSQL; where none is installed the test is skipped, but never on CI."""
    with own_server() as server:
        yield server


@contextmanager
def own_server(*, durable: bool = False) -> Iterator[Server]:
    """A new PostgreSQL that runs meanwhile."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(NO_POSTGRES)
    # not pytest's own folder: only root may enter that one
    folder = Path(tempfile.mkdtemp(prefix="paceful-postgres-"))
    server = Server(folder, found[-1].parent, durable)
    try:
        _make(server.programs, folder)
        server.starts()
        yield server
    finally:
        if server.process is not None:
            server.stops(signal.SIGQUIT)
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def migrated_postgres(postgres: Server) -> str:
    """The name of a migrated database that others are copied from."""
    url = postgres.create()
    migrate(url)
    return name_in(url)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file that others are copied from."""
    file = tmp_path_factory.mktemp("migrated") / "paceful.sqlite3"
    migrate(f"sqlite:///{file}")
    return file


@pytest.fixture
def sqlite_url(migrated_file: Path, tmp_path: Path) -> str:
    """A migrated SQLite file of this test's own."""
    return f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'paceful.sqlite3')}"


@pytest.fixture
def postgres_url(postgres: Server, migrated_postgres: str) -> Iterator[str]:
    """A migrated PostgreSQL database of this test's own."""
    url = postgres.create(migrated_postgres)
    yield url
    postgres.drop(url)


@pytest.fixture
def usual_url(request: pytest.FixtureRequest) -> str:
    """A migrated database of the kind that `--database` names, for what works on either."""
    kind = request.config.getoption("--database")
    return str(request.getfixturevalue("postgres_url" if kind == POSTGRESQL else "sqlite_url"))


@pytest.fixture(params=["sqlite_url", pytest.param("postgres_url", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest) -> str:
    """A migrated database of each kind."""
    return str(request.getfixturevalue(request.param))


@pytest.fixture
def vault() -> Vault:
    """A vault with a new key."""
    return Vault([new_key()])


@pytest.fixture
def store(url: str, vault: Vault) -> Iterator[Store]:
    """The store, open on a database of each kind."""
    opened = Store.open(url, vault)
    yield opened
    opened.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say it aloud when half of the databases were not tested."""
    skipped = terminalreporter.stats.get("skipped", [])
    missed = sum(NO_POSTGRES in str(report.longrepr) for report in skipped)
    if missed:
        terminalreporter.write_line(f"{missed} tests did not run. {NO_POSTGRES}", red=True)


def _make(programs: Path, folder: Path) -> None:
    cluster = ["-D", str(folder / "cluster")]
    made = [*_run(folder), str(programs / "initdb"), *cluster, "-U", "paceful", "--no-sync"]
    done = subprocess.run(made, cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _serve(programs: Path, folder: Path, more: Sequence[str]) -> "subprocess.Popen[bytes]":
    cluster = ["-D", str(folder / "cluster")]
    served = [*_run(folder), str(programs / "postgres"), *cluster, *more, "-k", str(folder)]
    with folder.joinpath("log").open("ab") as log:
        return subprocess.Popen([*served, "-c", "listen_addresses="], cwd="/", stderr=log)


def _run(folder: Path) -> list[str]:
    # however the tests end, the server ends with them
    return ["setpriv", "--pdeathsig=QUIT", *_as_database_user(folder)]


def _as_database_user(folder: Path) -> list[str]:
    # PostgreSQL refuses to run as root
    if os.geteuid() != 0:
        return []
    names = {entry.pw_name for entry in pwd.getpwall()}
    user = "postgres" if "postgres" in names else "nobody"
    shutil.chown(folder, user)
    return [f"--reuid={user}", "--clear-groups"]


def _wait_for(server: Server) -> None:
    for _ in range(300):
        try:
            return psycopg.connect(server.url("postgres")).close()
        except psycopg.OperationalError:
            time.sleep(0.1)
    pytest.fail(server.folder.joinpath("log").read_text())
