"""A wallbox as the manager sees it: connectors, measurements, transactions, authorisation."""
