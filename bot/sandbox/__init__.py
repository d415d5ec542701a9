"""A local server that speaks Telegram's Bot API, and a page with two phones to watch it by."""
