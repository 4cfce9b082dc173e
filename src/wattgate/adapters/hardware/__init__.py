"""The parts of the Power Brain that touch the world: its folder, its reader, its meter's key."""
