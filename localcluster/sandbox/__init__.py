"""Where containers run: namespaces, mounts and processes, behind one protocol."""
