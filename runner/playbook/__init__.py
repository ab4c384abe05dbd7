"""From text to a typed plan: YAML with line numbers, variables, checks. Never touches a target."""
