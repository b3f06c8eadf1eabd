"""Demo companies with their books, and generators for more entries."""
