"""Remembers that the process was told to stop.

Python only prints an interrupt that arrives during a destructor or a callback, and continues. Code that starts servers
checks here whether there was one.
"""

import signal

ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

came = False


def watch():
    """Treat Ctrl-C, termination by a supervisor and a closing terminal the same from now on, even in a process started
    in the background by a shell, where Ctrl-C is ignored."""
    for number in ENDS:
        signal.signal(number, _interrupt)


def ignore():
    """Ignore further interrupts, so that impatience leaves nothing running."""
    for number in ENDS:
        signal.signal(number, signal.SIG_IGN)


def _interrupt(number, frame):
    global came
    came = True
    raise KeyboardInterrupt
