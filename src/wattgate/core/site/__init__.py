"""The site file: one definition per setting, every problem reported with its path."""
