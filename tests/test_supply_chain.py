"""What the service is made of is pinned, named, and run without rights it does not need."""

from __future__ import annotations

import configparser
import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from tests.sbom import differences, named, pinned

ROOT = Path(__file__).parents[1]
LOCKS = {
    "requirements.lock": ("build",),
    "requirements-dev.lock": ("build", "dev"),
    "requirements-tools.lock": ("tools",),
    "requirements-bench.lock": ("bench",),
}
OF_THEIR_OWN = {("tools",), ("bench",)}
PACKAGE = "some-thing==1.2 ; python_version < '3.12' \\\n    --hash=sha256:" + "a" * 64
CONTAINERFILE = ROOT / "deploy" / "Containerfile"
UNIT = ROOT / "deploy" / "paceful.service"


def asked_for(groups: tuple[str, ...]) -> list[Requirement]:
    """What pyproject.toml asks for in these groups, and the service's own packages."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    own = [] if groups in OF_THEIR_OWN else project["project"]["dependencies"]
    lines = [*own, *(line for group in groups for line in project["dependency-groups"][group])]
    return [Requirement(line) for line in lines]


def instructions() -> list[tuple[str, str]]:
    """Each instruction of the container's definition with what follows it."""
    lines = CONTAINERFILE.read_text(encoding="utf-8").splitlines()
    kept = "\n".join(line for line in lines if not line.startswith("#")).replace("\\\n", " ")
    parts = [line.split(maxsplit=1) for line in kept.splitlines() if line.strip()]
    return [(word, rest) for word, rest in parts]


def last_stage() -> list[tuple[str, str]]:
    """The instructions behind the last FROM: what is in the image that runs."""
    found = instructions()
    begin = max(place for place, (word, _) in enumerate(found) if word == "FROM")
    return found[begin + 1 :]


def told(word: str) -> list[str]:
    """What the last stage says with this word."""
    return [rest for each, rest in last_stage() if each == word]


def unit() -> Mapping[str, str]:
    """The settings of the service's part of the systemd unit."""
    read = configparser.ConfigParser(strict=False, interpolation=None, comment_prefixes=("#",))
    # its names have capitals
    read.optionxform = str  # type: ignore[assignment, method-assign]
    read.read(UNIT, encoding="utf-8")
    return read["Service"]


@pytest.mark.parametrize(("lock", "groups"), LOCKS.items())
def test_everything_asked_for_is_pinned_by_its_hash(lock: str, groups: tuple[str, ...]) -> None:
    """Each package of a lock has one version and the hashes of its files, and none is missing."""
    found = {
        canonicalize_name(name): version for name, version in pinned((ROOT / lock).read_text())
    }
    wanted = asked_for(groups)

    assert wanted
    assert [str(each) for each in wanted if not _meets(found, each)] == []


def _meets(found: Mapping[NormalizedName, str], wanted: Requirement) -> bool:
    version = found.get(canonicalize_name(wanted.name))
    return version is not None and wanted.specifier.contains(version)


@pytest.mark.parametrize(
    "line",
    [
        "some-thing==1.2",
        "some-thing>=1.2 --hash=sha256:" + "a" * 64,
        "some-thing==1.2 --hash=sha256:" + "a" * 63,
        "git+https://example.org/some-thing --hash=sha256:" + "a" * 64,
        "--extra-index-url https://example.org",
    ],
)
def test_a_line_that_pins_nothing_is_found_out(line: str) -> None:
    """A version without a hash, a range, a torn hash, another source: each is refused."""
    with pytest.raises(ValueError, match="is not pinned by a hash"):
        pinned(f"{PACKAGE}\n{line}\n")


@pytest.mark.parametrize("file", [ROOT / "Makefile", CONTAINERFILE], ids=lambda file: file.name)
def test_nothing_is_installed_without_its_hash(file: Path) -> None:
    """Every installation asks for hashes, or installs just the project itself."""
    text = file.read_text(encoding="utf-8")
    lines = [
        line for line in text.splitlines() if re.search(r"(pip|PIP|QUIETLY)\b.*\binstall", line)
    ]
    own = ("--no-deps", "--no-build-isolation")

    assert len(lines) > 1
    assert [
        line
        for line in lines
        if "--require-hashes" not in line and not all(word in line for word in own)
    ] == []


@pytest.mark.parametrize(
    ("components", "wrong"),
    [
        ([("Some-Thing", "1.2", "a")], []),
        ([], ["some-thing 1.2"]),
        ([("some-thing", "1.2", "b")], ["some-thing 1.2"]),
        ([("some-thing", "1.3", "a")], ["some-thing 1.2", "some-thing 1.3"]),
        ([("some-thing", "1.2", "a"), ("else", "1", "c")], ["else 1"]),
    ],
)
def test_a_bill_of_materials_that_is_not_the_lock_is_found_out(
    components: list[tuple[str, str, str]], wrong: list[str]
) -> None:
    """A package that is missing, too much, of another version or other bytes is named."""
    bom = {
        "components": [
            {
                "name": name,
                "version": version,
                "externalReferences": [{"hashes": [{"alg": "SHA-256", "content": digit * 64}]}],
            }
            for name, version, digit in components
        ]
    }

    assert differences(pinned(PACKAGE), named(bom)) == wrong


def test_the_container_is_built_upon_bytes_that_somebody_named() -> None:
    """Both stages stand on an image that must be given, and its digest is asked for."""
    bases = [rest.split()[0] for word, rest in instructions() if word == "FROM"]

    assert bases == ["${BASE}", "${BASE}"]
    assert [rest for word, rest in instructions() if word == "ARG"] == ["BASE"]
    assert "BASE=python:3.13-slim@sha256:" in CONTAINERFILE.read_text(encoding="utf-8")


def test_the_container_runs_as_nobody_and_without_a_shell() -> None:
    """A user by number without rights, one folder to write to, and no shell in what runs."""
    user, _, group = told("USER")[0].partition(":")

    assert int(user) > 1000
    assert int(group) > 1000
    assert told("VOLUME") == ["/data"]
    assert "DATA_DIR=/data" in told("ENV")[0]
    assert told("RUN") == []
    assert all(json.loads(words) for word in ("ENTRYPOINT", "CMD") for words in told(word))
    # whoever may write to the program could make it do anything
    assert [rest for rest in told("COPY") if "--chown" in rest and "/data" not in rest] == []


def test_the_container_says_whether_it_is_well() -> None:
    """Its health is the service's own page, asked without a shell."""
    command = json.loads(told("HEALTHCHECK")[0].partition("CMD")[2])

    assert command[0] == "/opt/paceful/bin/python"
    assert "http://127.0.0.1:8080/healthz" in command[-1]
    compile(command[-1], "HEALTHCHECK", "exec")


def test_no_secret_and_no_data_gets_into_the_container() -> None:
    """What is copied is named one by one, and everything else is kept from the builder."""
    copied = [rest.split() for word, rest in instructions() if word == "COPY"]
    sources = {part for rest in copied if rest[0] != "--from=build" for part in rest[:-1]}
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    let_in = {line[1:] for line in ignored if line.startswith("!")}

    assert "*" in ignored
    assert sources == let_in
    assert [each for each in sources if not (ROOT / each).exists()] == []


def test_the_unit_gives_the_service_no_right_it_does_not_need() -> None:
    """Another user than root, no rights, one folder to write to, no dump of its memory."""
    service = unit()

    assert service["User"] == "paceful"
    assert service["CapabilityBoundingSet"] == ""
    assert (service["ProtectSystem"], service["ReadWritePaths"]) == ("strict", "/srv/paceful/data")
    assert {service[name] for name in ("NoNewPrivileges", "ProtectHome", "PrivateTmp")} == {"yes"}
    assert service["LimitCORE"] == "0"


def test_the_unit_starts_the_service_again_and_lets_it_end_in_order() -> None:
    """The watch ends a process that cannot help itself, and relies on a new start."""
    service = unit()

    assert service["Restart"] == "always"
    assert service["ExecStart"] == "/srv/paceful/.venv/bin/paceful run"
    assert int(service["TimeoutStopSec"]) >= 20
