"""Use cases: each is one transaction, or one loop around the outside world."""
