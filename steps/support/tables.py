"""The tables below steps."""

from __future__ import annotations

import re

from planproof.errors import UndeterminedError


def first_column(datatable: list[list[str]]) -> list[str]:
    """The first cell of each row below the heading of a table.

    Raises:
        UndeterminedError: the table has no heading, or no row below it.
    """
    heading = datatable[0][0] if datatable and datatable[0] else ""
    if re.search(r"[_*:]", heading) or len(datatable) < 2:
        raise UndeterminedError(
            f"the table has no heading, or no row below it: write | type | above {heading}"
        )
    return [row[0] for row in datatable[1:]]


def table_of(datatable: list[list[str]], *columns: str) -> list[list[str]]:
    """The rows of a table below its heading.

    Raises:
        UndeterminedError: the table has other columns, or no rows.
    """
    if not datatable or tuple(datatable[0]) != columns:
        raise UndeterminedError(f"the table needs the heading | {' | '.join(columns)} |")
    if len(datatable) < 2:
        raise UndeterminedError("the table has no row below its heading")
    return datatable[1:]
