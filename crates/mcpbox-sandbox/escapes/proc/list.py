# attack: list the processes of the host
# expect: ENOENT | EACCES
# layers: root landlock
import os


def main(canary):
    return [name for name in os.listdir("/proc") if name.isdigit()]
