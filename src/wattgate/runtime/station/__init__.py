"""The wallboxes: their connections, their messages, their EVSEs."""
