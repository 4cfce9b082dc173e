"""How one wallbox is told its limit, and whether it keeps to it."""
