"""Whether a server runs whose number stands in a file."""

import psutil


def is_running(pid_file, name):
    """Whether the process whose number begins the file is there and is called so: numbers are given out again."""
    try:
        process = psutil.Process(int(pid_file.read_text().split()[0]))
        return process.name() == name and process.status() != psutil.STATUS_ZOMBIE
    except (OSError, ValueError, IndexError, psutil.NoSuchProcess):
        return False
