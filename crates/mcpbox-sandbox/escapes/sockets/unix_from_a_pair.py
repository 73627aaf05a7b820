# attack: send from one half of an allowed socket pair to another address
# expect: EPERM
# layers: root seccomp
# with: syscall
def main(canary):
    pair = (ctypes.c_int * 2)()
    syscall("socketpair", 1, 2, 0, ctypes.byref(pair))
    path = canary["unix_datagram"].encode()
    address = ctypes.create_string_buffer(b"\1\0" + path + b"\0")
    message = canary["name"].encode()
    syscall("sendto", pair[0], message, len(message), 0, ctypes.byref(address), len(path) + 3)
    return "sent"
