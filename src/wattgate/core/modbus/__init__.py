"""Modbus as values: places, registers, and what the registers of wallboxes mean."""
