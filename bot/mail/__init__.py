"""E-mail: what is due goes to a mail server, and its answer becomes a verdict."""

from bot.mail.courier import Courier
from bot.mail.route import Route, route_of

__all__ = ["Courier", "Route", "route_of"]
