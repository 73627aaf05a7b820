# what: Contrast of two colours.
def luminance(color: str) -> float:
    channels = [int(color.lstrip("#")[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def main(foreground: str, background: str) -> dict:
    """Contrast ratio of two colours, and whether it is enough for text."""
    a, b = sorted([luminance(foreground), luminance(background)], reverse=True)
    ratio = (a + 0.05) / (b + 0.05)
    return {"ratio": round(ratio, 2), "AA": ratio >= 4.5, "AAA": ratio >= 7}
