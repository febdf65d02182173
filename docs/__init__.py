"""Pictures of the README, and what takes them."""
