"""Whether the server runs whose process id is in a file."""

import psutil


def is_running(pid_file, name):
    """Whether the process whose id begins the file exists and has this name: ids are reused."""
    try:
        process = psutil.Process(int(pid_file.read_text().split()[0]))
        return process.name() == name and process.status() != psutil.STATUS_ZOMBIE
    except (OSError, ValueError, IndexError, psutil.NoSuchProcess):
        return False
