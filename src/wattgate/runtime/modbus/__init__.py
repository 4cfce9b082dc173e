"""Wallboxes on Modbus: how they are asked and commanded, and what stands for them in OCPP."""
