# attack: read and bend the speed of the clock
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    return syscall("adjtimex", ctypes.create_string_buffer(208))
