"""The composition root: the parts are wired here by hand, started, drained and stopped."""

from bot.app.run import open_store, run, site_for

__all__ = ["open_store", "run", "site_for"]
