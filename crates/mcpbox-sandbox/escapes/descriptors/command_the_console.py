# attack: paste into the console
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    return reach("ioctl", 0, 0x541C, b"\3")
