"""Playing the wallbox's side of recorded traffic again."""
