"""The vocabulary of the features: thin steps that ask the engine and record what they saw."""
