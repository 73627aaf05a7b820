# attack: use up memory that is shared with nobody but does not count as private
# expect: OSError | memory | MemoryError
# layers: limits
import mmap


def main(canary):
    kept = []
    for _ in range(90):
        kept.append(mmap.mmap(-1, 8 << 20))
    return len(kept)
