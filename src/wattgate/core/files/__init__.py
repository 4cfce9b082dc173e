"""Files that pass between a wallbox and its backend: firmware one way, diagnostics the other."""
