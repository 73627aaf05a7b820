# attack: push the memory of another process out to slow it down
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    return reach("process_madvise", -1, 0, 1, 21, 0)
