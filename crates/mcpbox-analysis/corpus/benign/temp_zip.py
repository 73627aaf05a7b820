# what: Packs texts into a zip, in /tmp, on a server with ordinary Python.
# policy: standard
import base64
import zipfile


def main(files: dict[str, str]) -> str:
    """Pack texts into a zip archive; returns it as base64."""
    with zipfile.ZipFile("/tmp/out.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    with open("/tmp/out.zip", "rb") as packed:
        return base64.b64encode(packed.read()).decode()
