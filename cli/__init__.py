"""The `samrad` command: how everything is started, looked after and taken out."""
