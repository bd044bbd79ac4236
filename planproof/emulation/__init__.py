"""What runs: an emulated AWS account, and a function's package on its own."""
