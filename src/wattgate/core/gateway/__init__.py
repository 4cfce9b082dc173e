"""Between wallbox and backend: policy, identities, the order of the outbox, virtual profiles."""
