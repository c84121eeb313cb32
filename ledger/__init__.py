"""How the log is kept and proved. Knows no feature of a consultation."""
