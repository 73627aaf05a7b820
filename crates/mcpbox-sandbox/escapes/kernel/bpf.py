# attack: load a program into the kernel
# expect: EPERM
# layers: seccomp capabilities
# with: syscall
def main(canary):
    attributes = (ctypes.c_uint32 * 30)(1, 4, 4, 1)
    return syscall("bpf", 0, ctypes.byref(attributes), 120)
