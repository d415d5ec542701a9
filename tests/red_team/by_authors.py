"""What an author may try: content that harms, read by the check that stands before each start."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.content.packs import TINY, Edit, copy_with
from tests.red_team.attack import Actor
from tests.red_team.siege import Siege

AUTHORS = Actor("A", "author")
LESSON, MESSAGES = "lessons/pacing.yaml", "messages.yaml"
WORDS = "You wanted more of {goal}."
OPENING = "lesson: pacing\n"
KEY_OF_SOMEBODY = "hush-this-is-a-key-of-the-machine"
BOMB = "\n".join(
    [
        'a0: &a0 ["boom", "boom"]',
        *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)),
    ]
)
HUGE = "# " + "x" * 50_000_000
DEEP = "a: " + "[" * 100_000


@AUTHORS.tries(
    "D",
    "writes a YAML bomb, fifty megabytes, or a hundred thousand brackets",
    "anchors are refused, files have a largest size, nesting a deepest place",
)
def a_bomb(siege: Siege) -> None:
    """Each is one mistake, and takes no time."""
    refused(siege, Edit("lessons/bomb.yaml", "", BOMB), "begin with & or *")
    refused(siege, Edit("lessons/huge.yaml", "", HUGE), "larger than")
    refused(siege, Edit("lessons/deep.yaml", "", DEEP), "nested too deeply")


@AUTHORS.tries(
    "E",
    "has YAML make an object of Python's that runs a command",
    "the reader builds words, numbers, lists and maps; a tag is a mistake",
)
def a_tag_that_runs(siege: Siege) -> None:
    """Tags of PyYAML's and of ruamel's own."""
    trace = siege.folder / "it-ran"
    for tag in ("python/object/apply:os.system", "python/object/new:os.system"):
        refused(siege, Edit(LESSON, WORDS, f'!!{tag} ["touch {trace}"]'), "begin with !")
    refused(siege, Edit("lessons/x.yaml", "", f'!!python/exec "open({str(trace)!r}, 1)"'), "with !")
    assert not trace.exists()


@AUTHORS.tries(
    "I",
    "names a file outside of the content: ../, an absolute path, a symbolic link to a key",
    "names lead to other parts of the content alone; what cannot be read is never quoted",
)
def a_path_outwards(siege: Siege) -> None:
    """No name leads out, and the words of a linked file are not shown."""
    paths = ("../../../etc/passwd", "/etc/passwd", "lesson/../../secret", "file:///etc/passwd")
    steps = "\n".join(f"  - do: {path}" for path in paths)
    told = refused(siege, Edit(LESSON, "  - do: exercise/breathing", steps), LESSON)
    assert [path for path in paths if f"there is no flow {path}" not in told] == []
    secret = siege.folder / "secret.env"
    secret.write_text(f"SECRET_KEYS={KEY_OF_SOMEBODY}\n")
    pack = Path(shutil.copytree(TINY, siege.folder / f"pack-{next(siege.numbers)}"))
    (pack / "lessons" / "linked.yaml").symlink_to(secret)
    status, _, words = siege.mistakes(pack)
    assert status in {1, 2}
    assert KEY_OF_SOMEBODY not in words


@AUTHORS.tries(
    "E",
    "writes code of a template into a text",
    "a placeholder is a known name and nothing else; nothing is ever evaluated",
)
def code_in_a_text(siege: Siege) -> None:
    """Of Jinja, of Python's format, and of a shell; all at once, and each is found."""
    codes = ("{7*7}", "{goal.__class__.__mro__}", "{0}", "{goal!r:>99999999}", "{% import os %}")
    told = refused(siege, Edit(LESSON, WORDS, f"'{' '.join(codes)} {{{{7*7}}}}'"), LESSON)
    assert [code for code in codes if f"{code} is not a placeholder" not in told] == []


@AUTHORS.tries(
    "D",
    "writes a lesson that goes round for ever, or opens itself",
    "each step must lead to the end; a round without a question, or a flow in itself, is refused",
)
def an_endless_loop(siege: Siege) -> None:
    """With a question in it, without one, and by way of another flow."""
    loop = "    say: Then make it smaller.\n    goto: smaller"
    refused(siege, Edit(LESSON, "    say: Then make it smaller.", loop), "without a question")
    asked = "  - safe: true\n    goto: safe-now"
    edit = Edit("safety/crisis.yaml", "  - safe: true\n    goto: end", asked)
    refused(siege, edit, "from here nothing leads to the end")
    itself = Edit("exercises/breathing.yaml", "  - say: Breathe out.", "  - do: lesson/pacing")
    refused(siege, itself, "opens this flow again")


@AUTHORS.tries(
    "I",
    "has a text name the token, a key, a setting or another patient",
    "a text knows what the patient answered and a fixed list of values; no setting is among them",
)
def a_secret_in_a_text(siege: Siege) -> None:
    """Each name of a setting, and of what belongs to others; all at once, and each is found."""
    names = (
        "bot_token",
        "secret_keys",
        "patient",
        "BOT_TOKEN",
        "env.SECRET_KEYS",
        "patients.1.name",
    )
    text = " ".join(f"{{{name}}}" for name in names)
    told = refused(siege, Edit(LESSON, WORDS, f"'{text}'"), "placeholder")
    assert [name for name in names if name not in told] == []


@AUTHORS.tries(
    "E",
    "writes code into a condition, or a step that the engine keeps for itself",
    "a condition is a small form of names and numbers; kinds of steps are a fixed list",
)
def code_in_a_condition(siege: Siege) -> None:
    """Code as a condition, as a value, and as a kind of step."""
    trace = siege.folder / "it-was-asked"
    code = f"__import__('os').system('touch {trace}')"
    for when in (f'"{code}"', f'{{key: "{code}", is: 1}}', f'{{eval: "{code}"}}'):
        step = f"  - decide:\n      - when: {when}\n        goto: end"
        refused(siege, Edit(LESSON, "  - do: exercise/breathing", step), LESSON)
    kinds = ("python", "exec", "shell", "import", "call", "sql")
    steps = "\n".join(f'  - {kind}: "{code}"' for kind in kinds)
    told = refused(siege, Edit(LESSON, "  - do: exercise/breathing", steps), "no kind of step")
    assert [kind for kind in kinds if f"({kind})" not in told] == []
    assert not trace.exists()


@AUTHORS.tries(
    "T",
    "takes the help lines out of the help, or the answer out of a crisis",
    "such content is refused as a whole: those texts must hold the lines",
)
def help_taken_away(siege: Siege) -> None:
    """Help now, the reply to words of need, the lines for everyone, and the rule itself."""
    refused(siege, Edit(MESSAGES, '  now: "{lines}"', '  now: "Nobody."'), "must hold {lines}")
    silent = Edit(
        "safety/crisis.yaml",
        "      You can talk to a person now:\n\n      {lines}\n",
        "      Breathe.\n",
    )
    refused(siege, silent, "the first bubble must hold")
    refused(siege, Edit("lines.yaml", "other:", "ca:"), "`other` is missing")
    refused(siege, Edit("escalation.yaml", "rule: crisis-words", "rule: quiet"), "crisis-words")


@AUTHORS.tries(
    "T",
    "silences an alert: a threshold out of reach, a rule taken away, a reply that gives way",
    "rules that cannot fire, that are missing, or that answer danger with a lesson are refused",
)
def a_silenced_alert(siege: Siege) -> None:
    """Each way that the check can see; a threshold moved within its scale is in the diff."""
    refused(siege, Edit("escalation.yaml", "gte: 5", "gte: 50"), "50 is outside")
    gone = Edit("escalation.yaml", "rule: unreachable", "rule: reachable")
    refused(siege, gone, "the rule unreachable is missing")
    tame = Edit("escalation.yaml", "    reply: safety/crisis\n", "    reply: flow/weekly\n")
    refused(siege, tame, "cannot reply to danger")
    refused(siege, Edit("crisis.yaml", "hard_rule: crisis-words", "hard_rule: mood-hi"), "mood-hi")


@AUTHORS.tries(
    "S",
    "hides a link behind words, or words behind invisible signs",
    "links have no words of their own; signs that mislead the eye are refused",
)
def a_disguised_link(siege: Siege) -> None:
    """Markdown, HTML where it would be read as such, and turned writing."""
    for link in ("[your clinic](https://evil.example)", "[x](tg://user?id=1)"):
        refused(siege, Edit(LESSON, WORDS, f"'{link}'"), "links in brackets do not exist")
    for hidden in ("\u202egnp.exe", "pay\u200bpal.example", "\u2066x\u2069"):
        refused(siege, Edit(LESSON, WORDS, f"'See {hidden} now.'"), "invisible or control")


def refused(siege: Siege, edit: Edit, says: str) -> str:
    """What `paceful check` says of content with this edit; it must refuse it for that reason."""
    folder = siege.folder / f"edit-{next(siege.numbers)}"
    folder.mkdir()
    status, lines, words = siege.mistakes(copy_with(edit, folder))
    found = [line for line in lines - siege.doubts if says in line]
    assert status in {1, 2}, f"{edit.new[:60]!r} was taken: {words[:200]}"
    assert found, f"{edit.new[:60]!r}: {sorted(lines - siege.doubts)}"
    assert "Traceback" not in words, words[-400:]
    shutil.rmtree(folder)
    return words
