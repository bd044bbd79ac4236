"""Checkov checks for the mistakes of a serverless media pipeline, one question per file.

They also work without planproof: ``checkov -d terraform --external-checks-dir custom_checks``.

Checkov loads every ``*.py`` file of this folder as a top-level module and puts the folder on
``sys.path``. Shared code is therefore in ``check_support/`` and imported by that name. That folder
deliberately has no ``__init__.py``: Checkov would load its files as checks.
"""
