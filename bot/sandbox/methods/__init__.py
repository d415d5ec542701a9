"""The methods of the Bot API that the sandbox speaks, by name."""

from bot.sandbox.methods.editing import EDITING
from bot.sandbox.methods.fetching import FETCHING
from bot.sandbox.methods.profile import PROFILE
from bot.sandbox.methods.sending import SENDING
from bot.sandbox.methods.taking import TAKING
from bot.sandbox.methods.telling import Method

METHODS: dict[str, Method] = {**TAKING, **SENDING, **EDITING, **FETCHING, **PROFILE}
