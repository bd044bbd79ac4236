"""Checkov checks for the mistakes of a serverless media pipeline, one question a file.

They also work alone: ``checkov -d terraform --external-checks-dir custom_checks``.

Checkov loads every ``*.py`` file of this folder as a module of its own name and puts the folder
itself on ``sys.path``. What the checks share therefore lies in ``check_support/`` and is imported
from there by that name. That folder has no ``__init__.py`` on purpose: Checkov takes a folder that
has one for more checks.
"""
