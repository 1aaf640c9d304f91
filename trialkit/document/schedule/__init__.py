"""The schedule of activities: a study in, the table that trialists know out, and its looks."""
