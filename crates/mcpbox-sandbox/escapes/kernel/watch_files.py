# attack: watch what other calls open
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    return syscall("inotify_init1", 0)
