"""People who never were: seeded courses of scores, answers and words, lived through the service."""
