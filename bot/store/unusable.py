"""That the database itself is at fault: known without reading what talks to one."""


class BadDatabase(Exception):
    """The database cannot be used as it is; the words say why, and what to do."""
