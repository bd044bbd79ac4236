"""One run: options, collection, stacks, phases and verdicts."""
