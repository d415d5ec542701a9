"""The composition root: the parts are wired here by hand, started, drained and stopped."""

from bot.app.run import make_data_dir, open_store, run, site_for

__all__ = ["make_data_dir", "open_store", "run", "site_for"]
