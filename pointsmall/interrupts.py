"""Being told to stop, remembered.

Python drops an interrupt that comes while it runs a destructor or a callback: it prints it and goes on. Whoever starts
things looks here whether there was one.
"""

import signal

ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

came = False


def watch():
    """From now on Ctrl-C, a supervisor that ends us and a terminal that closes are the same, also for a process whose
    shell started it in the background, where Ctrl-C is ignored."""
    for number in ENDS:
        signal.signal(number, _interrupt)


def ignore():
    """Nothing must be left behind by who cannot wait."""
    for number in ENDS:
        signal.signal(number, signal.SIG_IGN)


def _interrupt(number, frame):
    global came
    came = True
    raise KeyboardInterrupt
