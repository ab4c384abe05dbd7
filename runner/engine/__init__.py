"""Runs plans: the order of things, the only retry loop, loads, undo, the journal. Knows no concrete step or target."""
