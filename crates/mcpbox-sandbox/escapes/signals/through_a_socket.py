# attack: the same by the ioctl that sets the owner
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    ours, theirs = (ctypes.c_int * 2)(), ctypes.c_int(canary["sibling"]["pid"])
    syscall("socketpair", 1, 1, 0, ctypes.byref(ours))
    syscall("ioctl", ours[0], 0x8901, ctypes.byref(theirs))
    return "owned by another call"
