"""asyncio drivers that carry out what the core decides."""
