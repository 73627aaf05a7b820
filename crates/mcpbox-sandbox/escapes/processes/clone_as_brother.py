# attack: make a process that is a child of the zygote, not of this call
# expect: EPERM | EINVAL
# layers: seccomp
# with: syscall
def main(canary):
    if syscall("clone", 0x8000 | 17, 0, 0, 0, 0) == 0:
        os._exit(0)
    return "forked"
