"""How a step reaches what it looks at: the pod behind a Service, the master of Sentinel, a connection, a fixed pace.

Here is the I/O that several step kinds share; a step kind's own lies in its file. Everything goes through
`core.target.Cluster`, never around it. `NotServed` means that the system is at fault, `Unreachable` that we are.
"""
