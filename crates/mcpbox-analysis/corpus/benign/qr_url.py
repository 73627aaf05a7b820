# what: Address of a QR code image, without fetching it.
from urllib.parse import urlencode


def main(text: str, size: int = 300) -> str:
    """Make the address of a QR code for a text."""
    return "https://api.qrserver.com/v1/create-qr-code/?" + urlencode({"data": text, "size": f"{size}x{size}"})
