#!/usr/bin/env python
"""Run a management command of the mall: ``python manage.py help`` lists them."""

import sys

from pointsmall.bootstrap import prepare


def main():
    prepare()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
