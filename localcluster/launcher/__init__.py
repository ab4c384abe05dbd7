"""Starts and stops embedded clusters: sockets on the machine's loopback, namespaces behind them, a supervisor as pid 1.

`up`, `down`, `status` and `capabilities` are the words of the command line (`python -m localcluster`).
"""
