# attack: open the own memory to siblings, an accomplice among them
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    syscall("prctl", 4, 1, 0, 0, 0)
    return "dumpable"
