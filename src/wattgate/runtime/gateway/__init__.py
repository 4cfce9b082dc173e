"""The backends: logins, queues, commands, and the charging profiles kept for them."""
