#!/usr/bin/env python
"""Run a management command of the mall: ``python manage.py help`` lists them."""

import sys

from pointsmall import interrupts
from pointsmall.bootstrap import prepare


def main():
    if "run_mall" in sys.argv[1:2]:
        interrupts.watch()  # from the first moment: databases are being started
    try:
        prepare()
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
