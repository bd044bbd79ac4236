"""What the steps lean on; nothing in here is a step."""
