# attack: get a handle on another call
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    return syscall("pidfd_open", canary["sibling"]["pid"], 0)
