"""What is true now, and was true at any position: tables derived from the log."""
