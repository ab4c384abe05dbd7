"""One file is one form of output; each listens to events and decides nothing.

A reporter is a class with `__call__(event)` and `close()`. Made with `Reporter(path)` for `--report KIND=FILE`; `close`
is called once, at the end of the run or of the stored events, also when the run was killed.
"""
