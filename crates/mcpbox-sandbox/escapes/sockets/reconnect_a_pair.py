# attack: connect one half of an allowed socket pair somewhere else
# expect: EPERM
# layers: root seccomp
# with: syscall
def main(canary):
    pair = (ctypes.c_int * 2)()
    syscall("socketpair", 1, 2, 0, ctypes.byref(pair))
    path = canary["unix_datagram"].encode()
    address = ctypes.create_string_buffer(b"\1\0" + path + b"\0")
    syscall("connect", pair[0], ctypes.byref(address), len(path) + 3)
    os.write(pair[0], canary["name"].encode())
    return "sent"
