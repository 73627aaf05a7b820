# attack: make the terminal this process's own
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    return reach("ioctl", 0, 0x540E, 1)
