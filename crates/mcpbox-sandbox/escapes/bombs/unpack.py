# attack: unpack a few bytes into a lot of memory
# expect: memory
# layers: limits cgroup
import zlib


def main(canary):
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(150)) + packer.flush()
    return len(zlib.decompress(packed))
