"""What can be wrong with the database itself.

Exception
└── BadDatabase   cannot be used as it is; its words say why, and what to do
"""


class BadDatabase(Exception):
    """The database cannot be used as it is; the words say why, and what to do."""
