"""The pure core: text, values and time in, decisions out. No I/O, no clock, no chance, no logging."""
