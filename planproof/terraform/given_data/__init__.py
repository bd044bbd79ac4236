"""Data sources whose values the user gives with ``--data``.

Terraform has no overrides while it plans. In the working copy, each such block is replaced by one
of the same address that belongs to a provider of planproof, and that provider returns the values
that the block has.
"""
