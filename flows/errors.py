"""What may go wrong in the engine, and whose fault it is.

Exception
├── EndlessFlow      a flow went on without ever asking anything: ours, the checker let it through
└── IllegalMove      a machine was asked for a move that its state does not allow: ours to mend
"""


class EndlessFlow(Exception):
    """This flow never comes to a question or an end; the turn was not taken."""


class IllegalMove(Exception):
    """This state has no such move; nothing was changed."""

    def __init__(self, state: str, trigger: str) -> None:
        super().__init__(f"'{trigger}' is not a move from '{state}'")
        self.state = state
        self.trigger = trigger
