"""What the metadata of wheels says. In: JSON list of URLs or paths. Out: JSON object by URL: size, license, summary.

Reads the metadata file that an index may offer beside a wheel, or else just that part of the wheel itself. Runs nothing of it."""

import concurrent.futures
import email.parser
import io
import json
import os
import sys
import urllib.parse
import urllib.request
import zipfile

TIMEOUT_S = 20
METADATA_MAX = 4 << 20
BLOCK = 64 << 10


class Remote(io.RawIOBase):
    """A wheel on the index, read in blocks by range."""

    def __init__(self, url):
        self.url, self.position, self.blocks = url, 0, {}
        with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=TIMEOUT_S) as response:
            self.size = int(response.headers["Content-Length"])

    def readable(self):
        return True

    def seekable(self):
        return True

    def tell(self):
        return self.position

    def seek(self, offset, whence=0):
        self.position = {0: 0, 1: self.position, 2: self.size}[whence] + offset
        return self.position

    def readinto(self, buffer):
        wanted = self.block(self.position // BLOCK)[self.position % BLOCK :][: len(buffer)]
        buffer[: len(wanted)] = wanted
        self.position += len(wanted)
        return len(wanted)

    def block(self, number):
        start = number * BLOCK
        if start >= self.size:
            return b""
        if number not in self.blocks:
            last = min(start + BLOCK, self.size) - 1
            request = urllib.request.Request(self.url, headers={"Range": f"bytes={start}-{last}"})
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
                if response.status != 206 and (start or last + 1 < self.size):
                    raise OSError("the index does not serve parts of files")
                self.blocks[number] = response.read(BLOCK)
        return self.blocks[number]


def of_wheel(file):
    with zipfile.ZipFile(file) as wheel:
        name = next(name for name in wheel.namelist() if name.count("/") == 1 and name.endswith(".dist-info/METADATA"))
        with wheel.open(name) as member:
            return member.read(METADATA_MAX)


def about(place):
    if "://" not in place:
        return {"size_bytes": os.path.getsize(place), **told(of_wheel(place))}
    if place.startswith("file://"):
        return about(urllib.request.url2pathname(urllib.parse.urlsplit(place).path))
    if not place.startswith(("https://", "http://")):
        raise ValueError("not a place to read from")
    wheel = Remote(place)
    try:
        with urllib.request.urlopen(place + ".metadata", timeout=TIMEOUT_S) as response:
            text = response.read(METADATA_MAX)
    except OSError:
        text = of_wheel(io.BufferedReader(wheel))
    return {"size_bytes": wheel.size, **told(text)}


def told(text):
    message = email.parser.BytesParser().parsebytes(text, headersonly=True)
    classified = [value.rpartition("::")[2].strip() for value in message.get_all("Classifier", []) if value.startswith("License ::")]
    free = (message.get("License") or "").strip()
    license = message.get("License-Expression") or ", ".join(classified) or free.splitlines()[0:1] and free.splitlines()[0]
    return {"license": str(license)[:200] if license else None, "summary": (message.get("Summary") or "")[:300] or None}


def main():
    places = json.load(sys.stdin)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        futures = {place: pool.submit(about, place) for place in places}
        answers = {}
        for place, future in futures.items():
            try:
                answers[place] = future.result()
            except Exception as error:
                print(f"{place}: {error}", file=sys.stderr)
    json.dump(answers, sys.stdout)


main()
