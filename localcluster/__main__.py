"""`python -m localcluster up|down|status|capabilities`."""

import sys

from localcluster.launcher.cli import main

if __name__ == "__main__":
    sys.exit(main())
