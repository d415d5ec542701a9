"""Everything of Paceful that touches the world: Telegram, the database, the clock, pages."""
