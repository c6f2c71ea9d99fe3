"""What a person can choose, and what the app remembers for them."""
