"""Who may draw how much: circuits, allocation, and the order in which limits change."""
