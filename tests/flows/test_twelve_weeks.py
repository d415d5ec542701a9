"""Random patients live with the real program for twelve weeks and longer."""
