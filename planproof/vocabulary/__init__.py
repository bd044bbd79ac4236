"""Step definitions that serve any stack."""
