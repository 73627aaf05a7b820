# attack: the same by the raw call
# expect: EPERM
# layers: seccomp
# with: syscall
# only: x86_64
def main(canary):
    if syscall("fork") == 0:
        os._exit(0)
    return "forked"
