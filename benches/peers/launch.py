"""Runs a command from this small process and tells what it took, as one line of JSON.

    python launch.py COMMAND ARGUMENT...

A child inherits the peak memory of the process that started it, so a command whose memory is
measured is not started by the large process that compares, but from here.
"""
import json
import os
import subprocess
import sys
import time

clock = time.perf_counter()
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
output = child.stdout.read()
_, status, usage = os.wait4(child.pid, 0)
clock = time.perf_counter() - clock
child.returncode = os.waitstatus_to_exitcode(status)
if child.returncode:
    sys.exit(f"exit code {child.returncode}")
print(json.dumps({"wall_s": clock, "cpu_s": usage.ru_utime + usage.ru_stime,
                  "peak_mib": usage.ru_maxrss / 1024, "output": output}))
