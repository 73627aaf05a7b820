# attack: read the memory of another call
# expect: EPERM
# layers: landlock seccomp capabilities
# with: syscall
def main(canary):
    sibling = canary["sibling"]
    buffer = ctypes.create_string_buffer(sibling["length"])
    local = (ctypes.c_uint64 * 2)(ctypes.addressof(buffer), sibling["length"])
    remote = (ctypes.c_uint64 * 2)(sibling["address"], sibling["length"])
    syscall("process_vm_readv", sibling["pid"], ctypes.byref(local), 1, ctypes.byref(remote), 1, 0)
    return buffer.raw.decode()
