"""What a stack means at AWS."""
