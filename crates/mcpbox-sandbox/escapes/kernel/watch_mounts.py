# attack: watch, and hold up, what the whole machine opens
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    return syscall("fanotify_init", 0x200, 0)
