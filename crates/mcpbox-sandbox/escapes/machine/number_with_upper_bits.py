# attack: name a forbidden call with garbage in the upper half of its number
# expect: EPERM | ENOSYS
# layers: seccomp
# with: syscall
# only: x86_64
def main(canary):
    if syscall(1 << 32 | number("fork")) == 0:
        os._exit(0)
    return "forked"
