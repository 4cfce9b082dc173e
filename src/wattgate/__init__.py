"""Wattgate: EV charging manager and OCPP gateway."""

from importlib.metadata import version

__version__ = version("wattgate")
