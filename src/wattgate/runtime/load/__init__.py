"""Who may draw how much: decides by `core.load`, commands, and counts what may come of it."""
