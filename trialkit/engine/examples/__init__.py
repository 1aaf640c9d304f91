"""Examples of rules: what rules show of themselves is settled into records, asked by both evaluators, and judged."""
