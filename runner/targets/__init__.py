"""One file is one way to reach a system; the word in the inventory is the name of the file."""
