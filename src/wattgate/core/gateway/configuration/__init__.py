"""What backends set and read of a wallbox's configuration, and the meter values that follow."""
