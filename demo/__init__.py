"""Real far sides on this machine, for the demo and for tests. Never part of the product."""
