"""Modbus on TCP and on serial lines, on pymodbus: lines to devices, and a slave's port."""
