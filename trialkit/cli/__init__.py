"""The command line: click lives here and nowhere else. Looks and exit codes, no rule of the trial."""
