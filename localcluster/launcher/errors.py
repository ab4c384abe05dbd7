"""What the launcher cannot do, told in one sentence."""


class LauncherError(Exception):
    """The sentence for the one who called; the command ends with `code`."""

    code = 3


class UsageError(LauncherError):
    """What was asked for makes no sense; nothing was touched."""

    code = 2
