"""What several commands take: the types of their options, and what those come to."""
