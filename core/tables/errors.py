"""Errors of a whole file: none of it is read then."""

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class FileNotReadable(DomainError):
    """The file cannot be read; each subclass says why."""

    code = "file_not_readable"
    message = _("The file cannot be read.")


class FileTooLarge(FileNotReadable):
    message = _("The file is larger than %(most)s MB. Split it.")


class TooManyLines(FileNotReadable):
    message = _("The file has more than %(most)s lines. Split it.")


class TooManyColumns(FileNotReadable):
    message = _("The file has more than %(most)s columns. Delete those that are not needed.")


class NotText(FileNotReadable):
    message = _("The file is no table that can be read. Save it as “CSV UTF-8” or as .xlsx.")


class OldWorkbook(FileNotReadable):
    message = _("The file is an old .xls workbook or has a password. Save it as .xlsx without a password.")


class WorkbookBroken(FileNotReadable):
    message = _("The workbook is damaged or too large when unpacked. Copy the table into a new .xlsx file.")


class OtherDates(FileNotReadable):
    message = _("The workbook counts its dates from 1904. Switch that off in its options, and check the dates.")


class CsvBroken(FileNotReadable):
    message = _("Line %(line)s is not CSV, a quotation mark may be missing.")


class LineWrong(FileNotReadable):
    message = _("Line %(line)s: %(problem)s")


class ColumnMissing(FileNotReadable):
    message = _("The first line names no column “%(column)s”.")


class ColumnTwice(FileNotReadable):
    message = _("The first line names the column “%(column)s” twice.")


class ColumnUnclear(FileNotReadable):
    message = _("The column “%(column)s” is not known. Call it “%(known)s” if that is meant, or delete it.")


class ColumnsUnknown(FileNotReadable):
    message = _(
        "Columns that are not known may change what a line means: %(columns)s. Delete them where they change nothing."
    )


class FormulaNotComputed(FileNotReadable):
    message = _(
        "Cell %(cell)s: no program has computed the formula yet. Open the file in a spreadsheet, save it, and hand it"
        " in again."
    )


class FileEmpty(FileNotReadable):
    message = _("The file has no lines below the headings.")
