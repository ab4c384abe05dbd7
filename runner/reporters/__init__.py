"""One file is one form of output; each listens to events and decides nothing."""
