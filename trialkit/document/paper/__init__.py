"""Paper: the blank and the annotated case report forms as pages."""
