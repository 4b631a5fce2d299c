"""Sources: one TOML declaration each, and the parsers that say where the numbers are."""
