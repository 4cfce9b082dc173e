"""The other ends: drives the software wallbox and the test backend."""
