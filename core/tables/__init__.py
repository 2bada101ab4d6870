"""All tables that people upload or download: one reader, one writer, one set of error messages.

In: CSV in UTF-8, UTF-16 or GB 18030 with commas, semicolons or tabs, and XLSX (``Table``, ``rows``). Spreadsheets write
dates, numbers and long numbers in their own ways: ``moment``, ``whole`` and ``fen`` read them, and a number that a
spreadsheet damaged is reported, never accepted. Out: ``write_csv``, ``workbook`` and ``download``. What the writer
writes, the reader reads back unchanged.
"""

from core.tables.cells import fen, moment, whole
from core.tables.columns import Column, Columns, key_of
from core.tables.errors import (
    ColumnMissing,
    ColumnsUnknown,
    ColumnTwice,
    ColumnUnclear,
    CsvBroken,
    FileEmpty,
    FileNotReadable,
    FileTooLarge,
    FormulaNotComputed,
    LineWrong,
    NotText,
    OldWorkbook,
    TooManyColumns,
    TooManyLines,
    WorkbookBroken,
)
from core.tables.reading import Row, Table, about_lines, first_column, rows
from core.tables.writing import CSV, XLSX, download, workbook, write_csv

ENDINGS = ".csv,.txt,.xlsx"  # what a form offers to choose

__all__ = [
    "CSV",
    "ENDINGS",
    "XLSX",
    "Column",
    "ColumnMissing",
    "ColumnTwice",
    "ColumnUnclear",
    "Columns",
    "ColumnsUnknown",
    "CsvBroken",
    "FileEmpty",
    "FileNotReadable",
    "FileTooLarge",
    "FormulaNotComputed",
    "LineWrong",
    "NotText",
    "OldWorkbook",
    "Row",
    "Table",
    "TooManyColumns",
    "TooManyLines",
    "WorkbookBroken",
    "about_lines",
    "download",
    "fen",
    "first_column",
    "key_of",
    "moment",
    "rows",
    "whole",
    "workbook",
    "write_csv",
]
