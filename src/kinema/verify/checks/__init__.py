"""One check per file. Each returns findings; none raises for what it finds."""
