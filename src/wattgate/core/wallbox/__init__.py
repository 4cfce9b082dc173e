"""The software wallbox: a charge point and its car, as a state machine."""
