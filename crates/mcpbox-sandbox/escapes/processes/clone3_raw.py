# attack: make a process with clone3, whose flags a filter cannot see
# expect: ENOSYS
# layers: seccomp
# with: syscall
def main(canary):
    arguments = (ctypes.c_uint64 * 8)(0, 0, 0, 0, 17)
    if syscall("clone3", ctypes.byref(arguments), 64) == 0:
        os._exit(0)
    return "forked"
