"""How to talk to a Kubernetes API: the parts that the kinds of targets beside this folder are made of."""
