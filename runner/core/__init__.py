"""The vocabulary: what is seen, what is thought of it, what a step is. Nothing here does any I/O."""
