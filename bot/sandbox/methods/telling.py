"""What every method is made of: the world, the parameters, and the result."""

from collections.abc import Awaitable, Callable
from typing import Any

from bot.sandbox.world import World

Json = dict[str, Any]
Method = Callable[[World, Json], Any | Awaitable[Any]]
