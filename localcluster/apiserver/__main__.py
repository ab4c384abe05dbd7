"""Run the API server: `python -m localcluster.apiserver --state-dir DIR`."""

from localcluster.apiserver.process import main

if __name__ == "__main__":
    main()
