# attack: run a shell command
# expect: OSError
# layers: root landlock seccomp
import os


def main(canary):
    status = os.system("true")
    if status:
        raise OSError(f"no shell: {status}")
    return "ran"
