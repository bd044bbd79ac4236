"""Ready-made requirements for any AWS stack."""
