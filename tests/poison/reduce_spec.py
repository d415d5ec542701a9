"""Makes update_types.json of the machine-readable Bot API: what an update may be made of.

Where that comes from: api.json of https://github.com/PaulSonOfLars/telegram-bot-api-spec,
MIT License, Copyright (c) 2020 Paul Larsen; made from https://core.telegram.org/bots/api.
Again, when there is a newer one: `python -m tests.poison.reduce_spec PATH_TO_API_JSON`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

Json = dict[str, Any]
REDUCED = Path(__file__).with_name("update_types.json")
LICENCE = "MIT License, Copyright (c) 2020 Paul Larsen, github.com/PaulSonOfLars"


def reduced(api: Json) -> Json:
    """The types that can be reached from an update: fields, what each may hold, if it must."""
    types, reached, waiting = api["types"], dict[str, Json](), ["Update"]
    while waiting:
        name = waiting.pop()
        if name not in reached and name in types:
            reached[name] = _shape(types[name])
            waiting += _named(types[name])
    ordered = {name: reached[name] for name in sorted(reached)}
    return {"version": api["version"], "licence": LICENCE, "types": ordered}


def _shape(described: Json) -> Json:
    if described.get("subtypes"):
        return {"one_of": described["subtypes"]}
    return {
        "fields": {
            field["name"]: [*field["types"], *(["required"] if field["required"] else [])]
            for field in described.get("fields", [])
        }
    }


def _a_line_each(told: Json) -> str:
    lines = (f" {json.dumps(name)}: {json.dumps(one)}" for name, one in told["types"].items())
    head = {name: value for name, value in told.items() if name != "types"}
    return json.dumps(head)[:-1] + ', "types": {\n' + ",\n".join(lines) + "\n}}"


def _named(described: Json) -> list[str]:
    kinds = [kind for field in described.get("fields", []) for kind in field["types"]]
    return [kind.replace("Array of ", "") for kind in (*described.get("subtypes", []), *kinds)]


if __name__ == "__main__":
    told = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    REDUCED.write_text(_a_line_each(reduced(told)) + "\n", encoding="utf-8")
