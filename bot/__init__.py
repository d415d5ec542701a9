"""Everything of Paceful that touches the world: Telegram, the database, the clock, pages."""

import sys
from types import ModuleType

# httpx brings a command of its own, and with it 3 MiB of libraries for colours in a terminal;
# without that module it does without, as where those are not installed
sys.modules.setdefault("httpx._main", ModuleType("httpx._main"))
