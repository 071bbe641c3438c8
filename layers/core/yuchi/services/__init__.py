"""Use cases: one module for each function, talking to ports only."""
