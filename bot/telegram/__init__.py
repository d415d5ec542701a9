"""Everything that knows Telegram: what comes in, what goes out, and nothing of what it means."""
