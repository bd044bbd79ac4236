"""What the step definitions share: analyses and helpers, without any step of its own."""
