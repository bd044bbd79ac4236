"""Breaks a resolved stack in hundreds of ways, and shows which requirement notices each."""
