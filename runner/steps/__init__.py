"""One file is one step kind; the word in the playbook is the name of the file (hyphen becomes underscore)."""
