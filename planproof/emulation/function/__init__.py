"""Runs the package of a Lambda function on this machine."""
