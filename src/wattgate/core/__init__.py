"""The pure core: text, values and time in, decisions out; no I/O, clock, chance or logging."""
