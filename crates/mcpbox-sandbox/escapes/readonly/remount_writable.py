# attack: make the read-only mounts writable again
# expect: EPERM
# layers: seccomp capabilities
# with: syscall
def main(canary):
    attributes = (ctypes.c_uint64 * 4)(0, 1, 0, 0)
    return reach("mount_setattr", -100, b"/nowhere", 0, ctypes.byref(attributes), 32)
