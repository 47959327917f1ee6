"""What words ask for: deterministic, offline, several languages."""
