"""Runs a command on a terminal of its own, 24 lines of 100 columns, and prints what appears there.

  on_terminal.py [--error] [SEEN=KEYS]… -- COMMAND…

Each KEYS is typed once SEEN has appeared since the last ones. --error: only standard error is the terminal; the input is
ours, the output goes nowhere. The exit status is the command's; 124 when SEEN did not appear or the command did not end.
"""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time

LIMIT = 120  # seconds, after which something is broken and not only slow

at = sys.argv.index("--")
words, command = sys.argv[1:at], sys.argv[at + 1:]
error_only = words[:1] == ["--error"]
script = [word.partition("=")[::2] for word in words if word != "--error"]

ours, theirs = pty.openpty()
fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
child = subprocess.Popen(
    command, stdin=None if error_only else theirs, stdout=subprocess.DEVNULL if error_only else theirs, stderr=theirs,
    start_new_session=True)
os.close(theirs)

seen, looked, end = "", 0, time.monotonic() + LIMIT
while time.monotonic() < end:
    if not select.select([ours], [], [], 0.1)[0]:
        continue
    try:
        data = os.read(ours, 65536)
    except OSError:  # nobody has the terminal any more
        break
    if not data:
        break
    seen += data.decode(errors="replace")
    if script and script[0][0] in seen[looked:]:
        looked = len(seen)
        os.write(ours, script.pop(0)[1].encode())
else:
    child.kill()
sys.stdout.write(seen.replace("\r\n", "\n"))
status = child.wait()
sys.exit(124 if script or time.monotonic() >= end else status)
